"""The processes of a running bridge, and how each is run and stopped."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import deploy
from deploy.embedded.server import Server, launched

GUNICORN_CONF = Path(deploy.__file__).parent / "gunicorn.conf.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process that is kept alive."""

    name: str
    command: tuple[str, ...]
    stop_signal: str = "TERM"
    first: bool = False  # starts before, and stops after, all that is not


def server(embedded: Server) -> Part:
    """An embedded server; it has to be prepared by the time it runs."""
    sign = embedded.stop_signal.name.removeprefix("SIG")
    return Part(name=embedded.part, command=tuple(embedded.command()), stop_signal=sign, first=True)


def sandbox(*, port: int, workspace: str, callback_url: str, timezone: str) -> Part:
    """The sandbox Cention. Its token and secret come by its environment."""
    options = ["--port", str(port), "--workspace", workspace, "--callback-url", callback_url]
    options += ["--timezone", timezone]
    return python("sandbox", "deploy.sandbox", *options)


def receiver() -> Part:
    return python("receiver", "gunicorn", "--config", str(GUNICORN_CONF), "wsgi:app")


def worker(queue: str, *, concurrency: int) -> Part:
    """A Celery worker for one queue."""
    name = f"worker-{queue}"
    return celery(
        name,
        "worker",
        *("--queues", queue, "--concurrency", str(concurrency), "--hostname", f"{queue}@%h"),
        # Nobody listens to what workers tell one another, and it would delay each start by 1 s.
        *("--without-gossip", "--without-mingle", "--loglevel", "info"),
    )


def beat(schedule: Path) -> Part:
    """The schedule. No pid file: one that a crash left behind would keep it from starting."""
    return celery("beat", "beat", "--schedule", str(schedule), "--pidfile", "")


def celery(name: str, *arguments: str) -> Part:
    return python(name, "celery", "--app", "workers.app", *arguments)


def python(name: str, module: str, *arguments: str) -> Part:
    command = launched([sys.executable, "-m", module, *arguments], bare=False)
    return Part(name=name, command=tuple(command))
