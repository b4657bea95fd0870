"""What a start of ``make run`` depends on: the Python, its modules, and a disk with room."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from deploy.embedded import StartupError
from deploy.run import __main__ as run
from deploy.run import startup
from deploy.run.output import Output
from deploy.run.plan import make_plan
from deploy.run.processes import ISOLATED
from deploy.run.supervisor import ProcessState

ROOT = Path(__file__).parents[3]
NEEDED = ("setup.cfg", "deploy/requirements.lock")


def test_a_missing_or_old_python_is_said_in_words_and_leaves_no_environment(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in NEEDED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")  # as its check of the version ends
    old.chmod(0o755)

    made = subprocess.run(
        ["make", "run", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert made.returncode != 0
    assert f"{old} is no Python 3.11 or newer. Install one and name it: make run" in made.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_module_on_pythonpath_does_not_replace_one_of_ours(tmp_path):
    (tmp_path / "flask.py").write_text("raise SystemExit('another flask')\n")

    imported = subprocess.run(
        [sys.executable, *ISOLATED, "-c", "import flask; print(flask.__file__)"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert str(tmp_path) not in imported.stdout


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), StartupError("postgres ends.")]
)
def test_after_a_full_disk_everything_is_started_again_as_often_as_it_takes(monkeypatch, error):
    attempts = iter([error, error, None])
    pauses = []

    def start_all(*_, **__):
        if (failed := next(attempts)) is not None:
            raise failed

    monkeypatch.setattr(run, "start_all", start_all)
    monkeypatch.setattr(run.time, "sleep", pauses.append)
    output = io.StringIO()

    supervisor = SimpleNamespace(kill_all=lambda: None)
    run.start_again(None, supervisor, Console(file=output), lock=0)

    assert pauses == [run.RETRY_EVERY_S] * 2
    assert output.getvalue().count("Starting again in") == 2


class Bridge:
    """Supervisor of a bridge of which some processes answer; time passes as it is waited for."""

    def __init__(self, monkeypatch, *answering):
        self.ended, self.at, self.pid = False, 0.0, 0
        monkeypatch.setattr(startup, "responds", lambda url: url.rpartition("/")[0] in answering)
        monkeypatch.setattr(startup, "prepare_database", lambda _: None)
        clock = SimpleNamespace(monotonic=lambda: self.at, sleep=self.pass_time)
        monkeypatch.setattr(startup, "time", clock)

    def pass_time(self, seconds):
        self.at += seconds

    def start(self, *, lock):
        pass

    def start_rest(self):
        pass

    def is_ready(self):
        return True

    def running(self):
        """Return the web face, which ends and is started again each time."""
        self.pid += 1
        return (ProcessState(name="bridge:web", pid=self.pid, state="RUNNING"),)


def plan_of(tmp_path):
    """Return what a start needs of a plan, the path of each server as its address."""
    return SimpleNamespace(
        embedded=(),
        logs=tmp_path,
        receiver=SimpleNamespace(url="receiver"),
        web=SimpleNamespace(url="web"),
        sandbox=SimpleNamespace(url="sandbox"),
    )


def test_the_bridge_starts_also_if_its_web_face_does_not(monkeypatch, tmp_path):
    bridge = Bridge(monkeypatch, "receiver/health", "sandbox")
    output = io.StringIO()

    startup.start_all(plan_of(tmp_path), bridge, Output(Console(file=output)), lock=0)

    said = " ".join(output.getvalue().split())
    assert said == (f"The web face does not answer yet, see {tmp_path}/web.log; the bridge runs.")
    assert startup.READY_WITHIN_S <= bridge.at < startup.READY_WITHIN_S + 1


def test_a_start_waits_for_a_web_face_that_answers_and_says_nothing(monkeypatch, tmp_path):
    bridge = Bridge(monkeypatch, "receiver/health", "sandbox", "web")
    output = io.StringIO()

    startup.start_all(plan_of(tmp_path), bridge, Output(Console(file=output)), lock=0)

    assert output.getvalue() == ""
    assert bridge.at == 0


def test_a_start_that_fails_names_every_process_that_does_not_answer(monkeypatch, tmp_path):
    bridge = Bridge(monkeypatch, "web")

    with pytest.raises(StartupError, match=r"No answer within 60 s from: receiver, sandbox\."):
        startup.start_all(plan_of(tmp_path), bridge, None, lock=0)


@pytest.mark.enable_socket  # a plan reserves its ports
def test_the_addresses_are_printed_also_if_postgres_is_down_again(tmp_path):
    output = io.StringIO()
    (tmp_path / "sandbox").mkdir()

    run.print_addresses(make_plan({}, var=tmp_path), Output(Console(file=output)))

    assert "surveys       Postgres is down, or unreachable" in output.getvalue()
    assert "cention status" in output.getvalue()


def test_the_readme_says_what_is_needed_before_the_first_start():
    text = " ".join((ROOT / "README.md").read_text("utf-8").split())

    assert "Linux with glibc, `make` and Python 3.11 or newer, and nothing else" in text
    assert "The first start takes a minute or two" in text
