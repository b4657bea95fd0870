"""The servers and processes of a measurement."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests

from deploy.embedded import Postgres, Valkey
from workers.config.broker import create_sender
from workers.config.names import Family, TaskName
from workers.database.migrate import migrate

SECRET = "bench-secret-of-load"
TOKEN = "bench-token"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServer:
    """A running web server."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchServers:
    """An embedded PostgreSQL and Valkey, and processes of the bridge that use them."""

    folder: Path
    database_url: str
    broker_url: str
    postgres_pid: int

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "BROKER_URL": self.broker_url,
            "CENTION_URL": "http://127.0.0.1:1/s/demo",
            "CENTION_TOKEN": TOKEN,
            "CENTION_CALLBACK_SECRETS": SECRET,
            "SANDBOX_TOKEN": TOKEN,
            **more,
        }

    def scalar(self, query: str) -> Any:
        """Return the first column of the first row of a query."""
        with psycopg.connect(self.database_url) as conn:
            return conn.execute(query).fetchall()[0][0]  # type: ignore[call-overload]

    def nudge(self, family: Family) -> None:
        """Send the task that drains a family."""
        with create_sender(self.broker_url, timeout_s=10) as sender:
            sender.send_task(TaskName.DRAIN, args=("demo", family))

    @contextmanager
    def process(self, name: str, *arguments: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run ``python -m …`` until the block ends."""
        with (self.folder / f"{name}.log").open("ab") as log:
            running = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=self.environment(**more),
                stdout=log,
                stderr=log,
            )
        try:
            yield running
        finally:
            running.terminate()
            running.wait(30)

    @contextmanager
    def sandbox(self, *options: str) -> Iterator[str]:
        """Run an empty sandbox without changes; yields its root URL."""
        port = str(free_port())
        quiet = ("--port", port, "--errands", "0", "--rate", "0", "--sla-delay", "0")
        with self.process("sandbox", "deploy.sandbox", *quiet, *options):
            root = f"http://127.0.0.1:{port}"
            wait_until(lambda: answers(f"{root}/sandbox/stats"))
            yield root

    @contextmanager
    def web(self, app: str, *, processes: int = 2) -> Iterator[WebServer]:
        """Run a web application under the gunicorn of the bridge."""
        port = free_port()
        command = ("gunicorn", "--config", "deploy/gunicorn.conf.py", app)
        more = {"RECEIVER_BIND": f"127.0.0.1:{port}", "WEB_CONCURRENCY": str(processes)}
        with self.process(app.replace(":", "."), *command, **more) as running:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/health/live"))
            yield WebServer(port=port, pid=running.pid)

    @contextmanager
    def worker(
        self, cention: str, *, application: str = "workers.app", **more: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker with two children that syncs the sandbox at ``cention``."""
        command = ("celery", "--app", application, "worker", "--concurrency", "2")
        quiet = ("--without-gossip", "--without-mingle", "--loglevel", "warning")
        more = {"CENTION_URL": f"{cention}/s/demo", **more}
        with self.process("worker", *command, *quiet, **more) as running:
            yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A running ``tests.bench.source``, and its controls."""

    url: str
    pid: int

    def change(
        self, first: int, count: int, *, workspace: str = "demo", rendered: bool = True
    ) -> None:
        """Mark errands as changed; those that are not ``rendered`` take no memory."""
        self._ask("change", first=first, count=count, workspace=workspace, rendered=rendered)

    def forget(self) -> None:
        """Clear all marks."""
        self._ask("forget")

    def left(self) -> int:
        """Return how many errands are marked, and so not fetched yet."""
        return self._ask("left")

    def set_latency(self, seconds: float) -> None:
        self._ask("latency", seconds=seconds)

    def _ask(self, what: str, **body: object) -> int:
        answer = requests.post(f"{self.url}/source/{what}", json=body, timeout=300)
        left: int = answer.json()
        return left


@contextmanager
def running_source() -> Iterator[Source]:
    """Run a source until the block ends."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.source", str(port)])
    try:
        source = Source(url=f"http://127.0.0.1:{port}", pid=process.pid)
        wait_until(lambda: answers(f"{source.url}/source/left"))
        yield source
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def both_servers() -> Iterator[tuple[Path, Postgres, Valkey]]:
    """Start PostgreSQL and Valkey in a temporary folder; yields it and them."""
    with tempfile.TemporaryDirectory(prefix="cention-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres, valkey = Postgres(folder / "postgres"), Valkey(folder / "valkey")
        postgres.start()
        valkey.start()
        try:
            yield folder, postgres, valkey
        finally:
            valkey.remove()
            postgres.remove()


@contextmanager
def bench_servers() -> Iterator[BenchServers]:
    """Start both servers, and migrate the database."""
    with both_servers() as (folder, postgres, valkey):
        with psycopg.connect(postgres.url) as conn:
            migrate(conn)
        yield BenchServers(
            folder=folder,
            database_url=postgres.url,
            broker_url=valkey.url,
            postgres_pid=pid_of(postgres),
        )


def pid_of(postgres: Postgres) -> int:
    """Return the process id of a server that is running."""
    return int((postgres.data / "postmaster.pid").read_text("ascii").split()[0])


def wait_until(
    condition: Callable[[], Any], *, within_s: float = 600, every_s: float = 0.02
) -> None:
    """Return when ``condition()`` is true. Raises ``TimeoutError``."""
    ends_at = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > ends_at:
            raise TimeoutError("the measured thing never happened")
        time.sleep(every_s)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port
