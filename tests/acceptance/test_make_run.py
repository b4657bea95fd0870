"""`make run`: one command starts everything, keeps it running, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest
import requests

from deploy.embedded import Postgres
from deploy.run.plan import make_plan
from deploy.run.run_env import write_run_env
from tests.acceptance.running_bridge import (
    ROOT,
    SECRETS,
    Run,
    empty_folder,
    responds,
    running_bridge,
    start,
    still_running,
)
from tests.support.eventually import eventually
from workers.operations.store.status import counters
from workers.surveys.store.survey_summary import survey_summary

PROCESSES = [
    *("postgres", "valkey", "sandbox", "receiver", "web"),
    *("worker-callbacks", "worker-polls", "worker-fetch", "worker-surveys", "beat"),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    with empty_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def bridge() -> Iterator[Run]:
    with empty_folder() as folder, running_bridge(folder, **SECRETS) as run:
        yield run


def test_every_process_starts(bridge):
    assert eventually(lambda: all(bridge.pid(name) for name in PROCESSES), within_s=10)
    assert responds(bridge.addresses()["RECEIVER_URL"] + "/health/live")


def test_library_log_ons_and_exports_arrive_from_the_sandbox_too(bridge):
    def arrived():
        with psycopg.connect(bridge.addresses()["DATABASE_URL"]) as conn:
            found = counters(conn)
        return all((found.errands, found.questions, found.logons, found.exported))

    assert eventually(arrived, within_s=90)


def test_customers_of_the_sandbox_are_invited_and_answers_and_a_score_arrive(bridge):
    names = "sandbox-centracx, sandbox-nps, sandbox-page, sandbox-stars"
    assert f"rules on: {names} (simulated customers)" in bridge.output

    def scored():
        with psycopg.connect(bridge.addresses()["DATABASE_URL"]) as conn:
            found = survey_summary(conn)
        return found.invited >= found.answered > 0 and found.nps is not None

    assert eventually(scored, within_s=150)


def test_customers_of_the_sandbox_answer_on_our_pages(bridge):
    sandbox = bridge.addresses()["CENTION_URL"].partition("/s/")[0]
    robots = {"share": 1, "within_s": 1}
    assert eventually(lambda: responds(f"{sandbox}/sandbox/stats"))  # another test may end it
    requests.post(f"{sandbox}/sandbox/surveys/robots", json=robots, timeout=10)

    def answered():
        truth = requests.get(f"{sandbox}/sandbox/truth/surveys", timeout=10).json()
        told = [one for one in truth["dialogs"] if one["outcomes"]]
        complete = [one for one in truth["sessions"] if one["status"] == "Complete"]
        return told and complete

    # An errand of one of five areas has to be answered, decided and mailed.
    assert eventually(answered, within_s=300)


def test_run_env_contains_the_addresses_for_other_shells(bridge):
    names = ("DATABASE_URL", "BROKER_URL", "RECEIVER_URL", "CENTION_URL")
    lookup = f". var/run.env && echo {' '.join(f'${name}' for name in names)}"

    found = subprocess.check_output(["/bin/sh", "-c", lookup], cwd=bridge.folder, text=True)

    assert found.split() == [bridge.addresses()[name] for name in names]
    with psycopg.connect(bridge.addresses()["DATABASE_URL"]) as conn:
        assert conn.info.dbname == "cention"


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_is_restarted_within_five_seconds(bridge, name):
    for _ in range(3):
        assert eventually(lambda: bridge.answers(name), within_s=5)
        before = bridge.pid(name)

        os.kill(before, signal.SIGKILL)

        assert eventually(lambda: bridge.pid(name) not in (0, before), within_s=5)  # noqa: B023
        assert eventually(lambda: bridge.answers(name), within_s=5)


def test_a_killed_supervisor_is_restarted_with_all_its_processes(bridge):
    before = [bridge.pid(name) for name in PROCESSES]
    processes = [psutil.Process(pid) for pid in before]
    supervisor = int((bridge.var / "supervisor.pid").read_text("ascii"))

    os.kill(supervisor, signal.SIGKILL)

    assert eventually(lambda: all(bridge.pid(name) not in (0, *before) for name in PROCESSES))
    assert eventually(lambda: bridge.answers("receiver"))
    assert still_running(processes) == []


def test_a_second_run_in_the_same_folder_fails_with_an_explanation(bridge):
    script = [sys.executable, "-m", "deploy.run"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    second = subprocess.run(
        script, cwd=bridge.folder, env=environment, capture_output=True, text=True, check=False
    )

    assert second.returncode == 1
    assert f"already runs in this folder (process {bridge.process.pid})" in second.stderr


def test_no_file_contains_a_secret(bridge):
    secrets = [secret.encode() for secret in SECRETS.values()]
    files = [path for path in bridge.folder.rglob("*") if path.is_file()]

    assert [f for f in files if any(secret in f.read_bytes() for secret in secrets)] == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_within_ten_seconds_and_leaves_nothing(folder, sign):
    with running_bridge(folder) as run:
        processes = run.descendants()
        started_at = time.monotonic()

        run.process.send_signal(sign)
        status = run.process.wait(20)

        assert time.monotonic() - started_at < 10
        assert status == 0
        assert still_running(processes) == []
        assert [path for path in folder.rglob("*") if path.is_socket()] == []
        assert not (run.var / "run.env").exists()


def test_the_folder_may_have_any_name(folder):
    unusual = folder / "Måns' #1; 100% $HOME"
    unusual.mkdir(mode=0o711)

    with running_bridge(unusual) as run:
        assert eventually(lambda: all(run.pid(name) for name in PROCESSES), within_s=10)
        found = subprocess.check_output(
            ["/bin/sh", "-c", ". var/run.env && echo $DATABASE_URL"], cwd=unusual, text=True
        )

        with psycopg.connect(found.strip()) as conn:
            assert conn.info.dbname == "cention"
    Postgres(unusual / "var" / "sandbox" / "postgres").remove()


def test_a_password_of_a_given_url_is_left_out_of_run_env(folder):
    url = "postgresql://bridge:hush@db.example/cention"
    free = {"RECEIVER_BIND": "127.0.0.1:0"}
    plan = make_plan(
        {"DATABASE_URL": url, "CENTION_URL": "https://c.example/s/x", **free}, var=folder
    )

    write_run_env(folder / "run.env", plan)

    written = (folder / "run.env").read_text("utf-8")
    assert "hush" not in written
    assert "CENTION_URL=https://c.example/s/x" in written.splitlines()


def test_when_a_run_is_killed_its_processes_end_and_the_next_run_finds_its_data(folder):
    with running_bridge(folder) as run:
        with psycopg.connect(run.addresses()["DATABASE_URL"]) as conn:
            conn.execute("CREATE TABLE public.fact AS SELECT 33 AS n")
        processes = run.descendants()

        run.process.kill()
        run.process.wait()

        with running_bridge(folder) as following:
            assert still_running(processes) == []
            with psycopg.connect(following.addresses()["DATABASE_URL"]) as conn:
                assert conn.execute("SELECT n FROM public.fact").fetchone() == (33,)


def test_when_a_run_is_killed_together_with_its_supervisor_all_processes_end(folder):
    with running_bridge(folder) as run:
        processes = run.descendants()
        supervisor = int((run.var / "supervisor.pid").read_text("ascii"))

        os.kill(run.process.pid, signal.SIGKILL)
        os.kill(supervisor, signal.SIGKILL)
        run.process.wait()

        assert eventually(lambda: not still_running(processes), within_s=10)


@pytest.mark.parametrize(
    ("variables", "explanation"),
    [
        ({"CENTION_URL": "nonsense", **SECRETS}, "CENTION_URL"),
        ({"RECEIVER_BIND": "everywhere"}, "Write it as host:port"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "Is DATABASE_URL right"),
    ],
)
def test_a_run_that_cannot_start_says_why_and_leaves_no_process(folder, variables, explanation):
    run = start(folder, **variables)

    assert run.process.wait(30) == 1
    assert explanation in run.output
    assert "Traceback" not in run.output
    assert not any(secret in run.output for secret in SECRETS.values())


def test_a_port_that_is_in_use_is_named(folder):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        run = start(folder, RECEIVER_BIND=address)

        assert run.process.wait(30) == 1
        assert f"cannot listen on {address}" in run.output
