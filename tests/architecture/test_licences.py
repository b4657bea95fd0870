"""``deploy/docs/licences.md`` has each package that the bridge runs with, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([\w.-]+)==([\w.]+)( ;.*python_full_version < .*)? ?", re.MULTILINE)
ROW = re.compile(r"^\| ([\w.-]+) +\| (\d[\w.]*) +\| (\S.*?) +\|$", re.MULTILINE)
SCRIPT = re.compile(r"(\w+)-([\d.]+)\.min\.js")


def page():
    return (ROOT / "deploy" / "docs" / "licences.md").read_text("utf-8")


def rows(heading):
    """Return names, as pip writes them, and versions of the table below a heading."""
    table = page().split(f"\n## {heading}\n", 1)[1].split("\n## ")[0]
    found = {(name, version): licence for name, version, licence in ROW.findall(table)}
    assert "UNKNOWN" not in found.values()
    return {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in found}


def test_every_pinned_package_has_its_licence():
    lock = (ROOT / "deploy" / "requirements.lock").read_text("utf-8")
    pinned = PINNED.findall(lock)

    assert len(pinned) > 50
    always = {(name, version) for name, version, below in pinned if not below}
    assert rows("Packages of Python") == always
    for name, version, below in pinned:
        assert not below or f"{name} {version} (" in page()


def test_every_script_of_the_web_face_has_its_licence():
    folder = ROOT / "workers" / "web" / "static" / "vendor"
    files = [SCRIPT.fullmatch(file.name).groups() for file in folder.glob("*.js")]

    assert rows("Scripts of the web face") == {(name.lower(), version) for name, version in files}
