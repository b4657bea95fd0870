"""The receiver as it runs in production: gunicorn, two processes, its own configuration."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.support.eventually import eventually

ROOT = Path(__file__).parents[3]
SECRET = "123456"
LONG_SECRET = "callback-secret-of-demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A running receiver."""

    port: int
    log: Path
    spool: Path
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def callbacks(self) -> str:
        return f"{self.url}/callbacks/demo"

    @property
    def live(self) -> str:
        return f"{self.url}/health/live"

    def post(self, body: bytes) -> requests.Response:
        return requests.post(self.callbacks, data=body, timeout=10)

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=10)

    def connections(self) -> list[Any]:
        """Return the connections that its web processes have accepted and not closed yet."""
        return [
            each
            for process in psutil.Process(self.pid).children()
            for each in process.net_connections()
            if each.status == psutil.CONN_ESTABLISHED and each.laddr.port == self.port
        ]

    def send(self, raw: bytes) -> bytes:
        """Send bytes over one connection and return all that comes back until it is closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@contextmanager
def serving(
    folder: Path,
    environment: Mapping[str, str],
    *,
    launcher: Sequence[str] = ("-m", "gunicorn"),
    is_ready: Callable[[], bool] | None = None,
) -> Iterator[Receiver]:
    """Run a receiver with further settings from ``environment``; it logs into ``folder``.

    ``is_ready`` returns whether it accepts connections, where it has no port.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log, spool = folder / "receiver.log", folder / "spool"
    settings = {
        "SPOOL_DIR": str(spool),
        "CENTION_URL": "https://cention.test/s/demo",
        "CENTION_TOKEN": "token",
        "CENTION_CALLBACK_SECRETS": f"{SECRET},{LONG_SECRET}",
        "CENTION_ALLOW_SHORT_SECRETS": "true",  # the documents of Cention have a short one
        "RECEIVER_BIND": f"127.0.0.1:{port}",
        **environment,
    }
    command = [sys.executable, *launcher, "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
    with log.open("ab") as stderr:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stderr=stderr)
    receiver = Receiver(port=port, log=log, spool=spool, pid=process.pid)
    try:
        eventually(is_ready or (lambda: answers(receiver)))
        yield receiver
    finally:
        process.terminate()
        process.wait(60)


def answers(receiver: Receiver) -> bool:
    try:
        return requests.get(receiver.live, timeout=10).ok
    except requests.ConnectionError:
        return False
