"""The units of deploy/systemd, as systemd reads them. Nothing is started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.debian import PACKAGES

ROOT = Path(__file__).parents[2]
PROGRAM = PACKAGES["systemd"]
UNITS = (
    "cention.target",
    "cention-receiver@8000.service",
    "cention-worker@fetch.service",
    "cention-worker@surveys.service",
    "cention-beat.service",
    "cention-web.service",
    "cention-migrate.service",
)
SERVICES = [name for name in UNITS if name.endswith(".service")]
HIGHEST_EXPOSURE = 24  # tenths


@pytest.fixture
def units(tmp_path):
    """The units in a folder, with the programs of this environment."""
    if not PROGRAM.exists():
        pytest.skip("systemd-analyze is missing: sudo apt-get install systemd")
    folder = tmp_path / "units"
    shutil.copytree(ROOT / "deploy" / "systemd", folder)
    for path in folder.glob("*.service"):
        text = path.read_text("utf-8")
        path.write_text(text.replace("/opt/cention/bin", str(Path(sys.executable).parent)), "utf-8")
    return folder


def analyze(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze for the units in ``folder`` beside those of the machine."""
    return subprocess.run(
        [PROGRAM, "--no-pager", *words],
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{folder}:", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_systemd_understands_every_line_of_the_units(units):
    done = analyze(units, "verify", *(str(units / name) for name in UNITS))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_line_of_the_common_part_that_systemd_does_not_know_is_found(units):
    with (units / "cention-.service.d" / "bridge.conf").open("a") as common:
        common.write("NoNewPriviledges=yes\n")

    done = analyze(units, "verify", str(units / "cention-beat.service"))

    assert "Unknown key" in done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_little(units, name):
    options = ("--offline=true", f"--threshold={HIGHEST_EXPOSURE}")
    done = analyze(units, "security", *options, str(units / name))

    assert done.returncode == 0, done.stdout + done.stderr
