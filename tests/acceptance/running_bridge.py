"""Runs `make run` in its own folder."""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import psutil

from deploy.embedded import Postgres, Valkey
from deploy.run.supervisor import Supervisor
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
SECRETS = {
    "CENTION_TOKEN": "token-that-is-secret",
    "CENTION_CALLBACK_SECRETS": "callback-secret-of-tests",
}
BRIDGE_VARIABLES = (
    "DATABASE_URL",
    "BROKER_URL",
    "CENTION_",
    "SANDBOX_",
    "RECEIVER_",
    "EMBEDDED_",
    "PROM",
    "SURVEY_",
    "DIGIDESK_",
    "CUSTOMER_RADAR_",
    "CENTRACX_",
    "ALVARIA_",
    "SMTP_",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One `make run` in a folder of its own."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def data(self) -> Path:
        """The data of the servers: those of the sandbox are apart."""
        return self.var / "sandbox"

    @property
    def spools(self) -> tuple[Path, ...]:
        """The folders in which its receivers store callbacks while the database is away."""
        return (self.data / "spool",)

    @property
    def output(self) -> str:
        return (self.folder / "output.txt").read_text("utf-8")

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.output
        return "The bridge is running." in self.output

    def addresses(self) -> dict[str, str]:
        lines = shlex.split((self.var / "run.env").read_text("utf-8"), comments=True)
        return dict(line.split("=", 1) for line in lines)

    def pid(self, name: str) -> int:
        found = Supervisor(self.var, ()).running()
        return next((p.pid for p in found if p.name.endswith(f":{name}")), 0)

    def answers(self, name: str) -> bool:
        probes = {
            "postgres": Postgres(self.data / "postgres").is_ready,
            "valkey": Valkey(self.data / "valkey").is_ready,
            "receiver": lambda: responds(self.addresses()["RECEIVER_URL"] + "/health/live"),
        }
        return probes.get(name, lambda: True)()

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


def start(folder: Path, **variables: str) -> Run:
    """Start `make run` as make does, in the given folder."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(BRIDGE_VARIABLES)}
    # Any free port: there may be other runs on this machine.
    free = {"RECEIVER_BIND": "127.0.0.1:0"}
    none = {"SANDBOX_HISTORY_DAYS": "0"}  # months of errands would be compared and waited for
    environment = inherited | {"PYTHONPATH": str(ROOT)} | free | none | variables
    with (folder / "output.txt").open("wb") as output:
        command = [sys.executable, "-m", "deploy.run"]
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Run(folder=folder, process=process)


def still_running(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return the processes that have not ended; a zombie has ended."""
    return [process for process in processes if not _has_ended(process)]


def _has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@contextmanager
def running_bridge(folder: Path, **variables: str) -> Iterator[Run]:
    """Start a run, wait until it is ready, and stop it at the end."""
    with ExitStack() as stack:
        with one_at_a_time():
            run = start(folder, **variables)
            stack.callback(stop_if_running, run)
            assert eventually(run.is_up, within_s=120)
        yield run


def stop_if_running(run: Run) -> None:
    if run.process.poll() is None:
        run.stop()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other test starts a bridge: it could take a port that this one has chosen."""
    with (Path(tempfile.gettempdir()) / "cention-acceptance-start.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def empty_folder() -> Iterator[Path]:
    """Make a folder that every user may enter; remove it and the servers' data at the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder
        Postgres(folder / "var" / "sandbox" / "postgres").remove()
