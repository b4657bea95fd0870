"""``make reset`` deletes what the sandbox has left, and nothing else."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    """A folder in which the sandbox and a real workspace have run; databases lie elsewhere."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("sandbox", "real"):
        (tmp_path / f"database of {name}").mkdir()
        (tmp_path / f"database of {name}" / "rows").touch()
    for path in ("var/sandbox/spool/waiting", "var/spool/waiting", "var/logs/receiver.log"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "var/sandbox/postgres").symlink_to(tmp_path / "database of sandbox")
    (tmp_path / "var/postgres").symlink_to(tmp_path / "database of real")
    (tmp_path / "var/run.lock").touch()
    return tmp_path


def reset(folder):
    return subprocess.run(
        ["make", "reset"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def files(folder):
    return {str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file()}


def test_make_reset_deletes_the_data_of_the_sandbox_and_no_others(folder):
    done = reset(folder)

    assert done.returncode == 0, done.stderr
    assert files(folder) == {
        "Makefile",
        "database of real/rows",
        "var/spool/waiting",
        "var/logs/receiver.log",
        "var/run.lock",
    }
    assert not (folder / "var/sandbox").exists()
    assert (folder / "var/postgres/rows").exists()


def test_make_reset_is_refused_while_the_bridge_runs(folder):
    before = files(folder)
    with (folder / "var/run.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        refused = reset(folder)

    assert refused.returncode != 0
    assert "The bridge runs. Stop it first." in refused.stderr
    assert files(folder) == before


def test_make_reset_without_any_data_does_nothing(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)

    assert reset(tmp_path).returncode == 0
    assert files(tmp_path) == {"Makefile"}
