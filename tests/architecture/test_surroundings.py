"""The tests themselves: none can hang, and none depends on the session that runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run_tests(folder: Path, code: str, *words: str, trap: str = "") -> subprocess.CompletedProcess:
    """Run one file of tests with the settings and the conftest of all tests."""
    (folder / "test_one.py").write_text(code)
    return subprocess.run(
        ["sh", "-c", f'{trap} exec "$@"', "sh", sys.executable, "-m", "pytest", "-q",
         "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), "-p", "no:cacheprovider",
         "-p", "tests.conftest", *words, str(folder / "test_one.py")],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_test_that_hangs_ends_with_its_place(tmp_path):
    code = "from threading import Event\n\ndef test_hangs():\n    Event().wait()\n"

    ended = run_tests(tmp_path, code, "-o", "faulthandler_timeout=1")

    assert ended.returncode == 1
    assert 'test_one.py", line 4 in test_hangs' in ended.stderr


def test_every_test_has_a_limit(pytestconfig):
    assert 300 <= pytestconfig.getini("faulthandler_timeout") <= 900
    assert pytestconfig.getini("faulthandler_exit_on_timeout") is True


@pytest.mark.slow
def test_processes_of_tests_can_be_interrupted_although_the_session_ignores_it(tmp_path):
    code = """
import signal, subprocess, sys, pytest

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal(number):
    code = f"import signal, sys; sys.exit(signal.getsignal({number:d}) is signal.SIG_IGN)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
"""

    ended = run_tests(tmp_path, code, trap="trap '' INT TERM HUP;")

    assert ended.returncode == 0, ended.stdout
