"""The folders of the repository are those in the map of ``deploy/docs/develop.md``."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEVELOP = ROOT / "deploy" / "docs" / "develop.md"
PACKAGES = ("receiver", "workers", "schemas", "deploy")
CAPABILITIES = ("sync", "mirrors", "outbound", "privacy", "operations", "surveys")
TOP_LEVEL = {
    *(*PACKAGES, "tests", "wsgi.py"),
    *("README.md", "setup.cfg", "pyproject.toml", "Makefile"),
}


def folders(root: Path) -> set[str]:
    """Return every folder of the packages that has a file in it, relative to ``root``."""
    files = (path for package in PACKAGES for path in (root / package).rglob("*.*"))
    return {
        str(path.parent.relative_to(root))
        for path in files
        if path.is_file() and path.suffix != ".pyc"
    }


def mapped(text: str) -> list[str]:
    """Return the folders of the packages that have a line in the map, in order."""
    section = text.split("\n## Map of the folders\n")[1].split("\n## ")[0]
    names = re.findall(r"^\| `([\w/.@-]+)/` \|", section, re.MULTILINE)
    return [name for name in names if name != "tests"]


def implied() -> set[str]:
    """Return the folders that each capability has, which the map names in a sentence."""
    return {
        f"workers/{name}/{part}" for name in CAPABILITIES for part in ("jobs", "rules", "store")
    }


def unexpected(root: Path) -> set[str]:
    """Return what is at the top level, except dotfiles and ignored files, and should not be."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines()]
    names = {path.name for path in root.iterdir()} - TOP_LEVEL
    return {
        name
        for name in names
        if not name.startswith(".") and not any(fnmatch(name, pattern) for pattern in ignored)
    }


def test_every_folder_has_a_line_in_the_map_and_every_line_has_a_folder():
    lines = mapped(DEVELOP.read_text("utf-8"))

    assert len(lines) == len(set(lines))
    assert set(lines) | implied() == folders(ROOT)


def test_the_top_level_holds_only_what_the_map_names():
    assert unexpected(ROOT) == set()
    assert {name for name in TOP_LEVEL if not (ROOT / name).exists()} == set()


def test_a_new_folder_is_noticed(tmp_path):
    for folder in ("workers/surprise", "workers/sync/jobs", "workers/empty/__pycache__"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "workers" / "surprise" / "query.sql").touch()
    (tmp_path / "workers" / "sync" / "jobs" / "poll.py").touch()
    (tmp_path / "workers" / "empty" / "__pycache__" / "old.pyc").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "var").mkdir()

    assert folders(tmp_path) == {"workers/surprise", "workers/sync/jobs"}
    assert unexpected(tmp_path) == {"notes.txt"}


def test_make_test_runs_every_folder_of_tests_except_those_that_need_further_packages():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    run = {Path(name).name for name in settings["tool"]["pytest"]["ini_options"]["testpaths"]}
    folders = {
        path.relative_to(ROOT / "tests").parts[0] for path in ROOT.glob("tests/*/**/test_*.py")
    }

    assert run == folders - {"mutation", "system"}
