"""`make run`: one command, everything comes up, stays up, and goes without a trace."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil
import psycopg
import pytest

from deploy.embedded import Postgres, Valkey
from deploy.run.plan import make_plan
from deploy.run.run_env import write_run_env
from deploy.run.supervision import Supervisor
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
PARTS = ["postgres", "valkey", "sandbox", "receiver", "worker-callbacks", "worker-fetch", "beat"]
SECRETS = {"CENTION_TOKEN": "token-nobody-may-read", "CENTION_CALLBACK_SECRETS": "secret-nor-this"}
OURS = ("DATABASE_URL", "BROKER_URL", "CENTION_", "SANDBOX_", "RECEIVER_", "EMBEDDED_", "PROM")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One `make run` in a folder of its own."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text("utf-8")

    def up(self) -> bool:
        assert self.process.poll() is None, self.said
        return "The bridge runs." in self.said

    def addresses(self) -> dict[str, str]:
        lines = shlex.split((self.var / "run.env").read_text("utf-8"))
        return dict(line.split("=", 1) for line in lines)

    def pid(self, part: str) -> int:
        found = Supervisor(self.var, ()).running()
        return next((p.pid for p in found if p.name.endswith(f":{part}")), 0)

    def answers(self, part: str) -> bool:
        probes = {
            "postgres": Postgres(self.var / "postgres").answers,
            "valkey": Valkey(self.var / "valkey").answers,
            "receiver": lambda: responds(self.addresses()["RECEIVER_URL"] + "/health/live"),
        }
        return probes.get(part, lambda: True)()

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def responds(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def begin(folder: Path, **variables: str) -> Run:
    """Start `make run` as make does, in the given folder."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    # Any free port: other runs on this machine may come and go.
    free = {"RECEIVER_BIND": "127.0.0.1:0"}
    environment = inherited | {"PYTHONPATH": str(ROOT)} | free | variables
    with (folder / "said").open("wb") as said:
        command = [sys.executable, "-m", "deploy.run"]
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=said, stderr=said, start_new_session=True
        )
    return Run(folder=folder, process=process)


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[Run]:
    """A run that is up; it is stopped at the end if it still runs."""
    run = begin(folder, **variables)
    try:
        assert eventually(run.up, within_s=60)
        yield run
    finally:
        if run.process.poll() is None:
            run.stop()


@contextmanager
def empty_folder() -> Iterator[Path]:
    """A folder that every user may pass through; whatever the servers made goes with it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder
        Postgres(folder / "var" / "postgres").remove()


@pytest.fixture
def folder() -> Iterator[Path]:
    with empty_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def bridge() -> Iterator[Run]:
    with empty_folder() as folder, running(folder, **SECRETS) as run:
        yield run


def test_every_part_comes_up(bridge):
    assert [part for part in PARTS if not bridge.pid(part)] == []
    assert responds(bridge.addresses()["RECEIVER_URL"] + "/health/live")


def test_run_env_leads_a_shell_to_everything(bridge):
    lookup = ". var/run.env && echo $DATABASE_URL $BROKER_URL $RECEIVER_URL $CENTION_URL"

    found = subprocess.check_output(["/bin/sh", "-c", lookup], cwd=bridge.folder, text=True)

    assert found.split() == list(bridge.addresses().values())
    with psycopg.connect(bridge.addresses()["DATABASE_URL"]) as conn:
        assert conn.info.dbname == "cention"


@pytest.mark.parametrize("part", PARTS)
def test_what_is_killed_is_back_within_five_seconds(bridge, part):
    for _ in range(3):
        assert eventually(lambda: bridge.answers(part), within_s=5)
        before = bridge.pid(part)

        os.kill(before, signal.SIGKILL)

        assert eventually(lambda: bridge.pid(part) not in (0, before), within_s=5)  # noqa: B023
        assert eventually(lambda: bridge.answers(part), within_s=5)


def test_even_the_supervisor_is_back_after_a_sigkill(bridge):
    before = [bridge.pid(part) for part in PARTS]
    supervisor = int((bridge.var / "supervisor.pid").read_text("ascii"))

    os.kill(supervisor, signal.SIGKILL)

    assert eventually(lambda: all(bridge.pid(part) not in (0, *before) for part in PARTS))
    assert eventually(lambda: bridge.answers("receiver"))
    assert not any(psutil.pid_exists(pid) for pid in before)


def test_a_second_run_in_the_same_folder_says_so_and_fails(bridge):
    script = [sys.executable, "-m", "deploy.run"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    second = subprocess.run(
        script, cwd=bridge.folder, env=environment, capture_output=True, text=True, check=False
    )

    assert second.returncode == 1
    assert f"already runs in this folder (process {bridge.process.pid})" in second.stderr


def test_no_file_holds_a_secret(bridge):
    secrets = [secret.encode() for secret in SECRETS.values()]
    files = [path for path in bridge.folder.rglob("*") if path.is_file()]

    assert [f for f in files if any(secret in f.read_bytes() for secret in secrets)] == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_within_ten_seconds_and_leaves_nothing(folder, sign):
    with running(folder) as run:
        processes = run.descendants()
        started_at = time.monotonic()

        run.process.send_signal(sign)
        status = run.process.wait(20)

        assert time.monotonic() - started_at < 10
        assert status == 0
        assert [p for p in processes if p.is_running()] == []
        assert [path for path in folder.rglob("*") if path.is_socket()] == []
        assert not (run.var / "run.env").exists()


def test_any_name_of_the_folder_will_do(folder):
    strange = folder / "Måns' #1; 100% $HOME"
    strange.mkdir(mode=0o711)

    with running(strange) as run:
        missing = [part for part in PARTS if not run.pid(part)]
        found = subprocess.check_output(
            ["/bin/sh", "-c", ". var/run.env && echo $DATABASE_URL"], cwd=strange, text=True
        )

        assert missing == []
        with psycopg.connect(found.strip()) as conn:
            assert conn.info.dbname == "cention"
    Postgres(strange / "var" / "postgres").remove()


def test_a_password_of_a_given_url_is_left_out_of_run_env(folder):
    url = "postgresql://bridge:hush@db.example/cention"
    plan = make_plan({"DATABASE_URL": url, "CENTION_URL": "https://c.example/s/x"}, var=folder)

    write_run_env(folder / "run.env", plan)

    written = (folder / "run.env").read_text("utf-8")
    assert "hush" not in written
    assert "CENTION_URL=https://c.example/s/x" in written.splitlines()


def test_a_killed_run_takes_everything_with_it_and_the_next_one_finds_its_data(folder):
    with running(folder) as run:
        with psycopg.connect(run.addresses()["DATABASE_URL"]) as conn:
            conn.execute("CREATE TABLE public.fact AS SELECT 33 AS n")
        processes = run.descendants()

        run.process.kill()
        run.process.wait()

        with running(folder) as following:
            assert [p for p in processes if p.is_running()] == []
            with psycopg.connect(following.addresses()["DATABASE_URL"]) as conn:
                assert conn.execute("SELECT n FROM public.fact").fetchone() == (33,)


def test_killed_together_with_its_supervisor_it_still_leaves_no_process(folder):
    with running(folder) as run:
        processes = run.descendants()
        supervisor = int((run.var / "supervisor.pid").read_text("ascii"))

        os.kill(run.process.pid, signal.SIGKILL)
        os.kill(supervisor, signal.SIGKILL)
        run.process.wait()

        assert eventually(lambda: not [p for p in processes if p.is_running()], within_s=10)


@pytest.mark.parametrize(
    ("variables", "explanation"),
    [
        ({"CENTION_URL": "nonsense", **SECRETS}, "CENTION_URL"),
        ({"RECEIVER_BIND": "everywhere"}, "Write it as host:port"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "Is DATABASE_URL right"),
    ],
)
def test_what_cannot_start_is_explained_and_leaves_no_process(folder, variables, explanation):
    run = begin(folder, **variables)

    assert run.process.wait(30) == 1
    assert explanation in run.said
    assert "Traceback" not in run.said
    assert not any(secret in run.said for secret in SECRETS.values())


def test_a_port_that_is_taken_is_named(folder):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        run = begin(folder, RECEIVER_BIND=address)

        assert run.process.wait(30) == 1
        assert f"cannot listen on {address}" in run.said
