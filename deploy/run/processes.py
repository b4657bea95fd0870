"""The processes of a running bridge: their commands and stop signals."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import deploy
from deploy.embedded.server import Server, exec_as_command

# Without modules of PYTHONPATH or of the working directory, which could replace ours; unbuffered.
ISOLATED = ("-I", "-u")
GUNICORN_CONF = Path(deploy.__file__).parent / "gunicorn.conf.py"
GUNICORN_WEB_CONF = Path(deploy.__file__).parent / "gunicorn_web.conf.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One process that supervisor keeps running."""

    name: str
    command: tuple[str, ...]
    stop_signal: str = "TERM"
    first: bool = False  # starts before the others and stops after them
    ends: bool = False  # once its work is done


def server(embedded: Server) -> ProcessSpec:
    """Return the process of an embedded server; call ``prepare()`` before it runs."""
    sign = embedded.stop_signal.name.removeprefix("SIG")
    return ProcessSpec(
        name=embedded.process_name, command=tuple(embedded.command()), stop_signal=sign, first=True
    )


def sandbox(
    *,
    port: int,
    smtp_port: int,
    workspace: str,
    callback_url: str,
    answers_url: str,
    survey_url: str,
    timezone: str,
    history_days: int,
) -> ProcessSpec:
    """Return the process of the sandbox. It reads its token and secrets from the environment."""
    options = ["--port", str(port), "--smtp-port", str(smtp_port), "--workspace", workspace]
    options += ["--callback-url", callback_url, "--survey-url", survey_url]
    options += ["--answers-url", answers_url, "--answers-within", "5", "--timezone", timezone]
    options += ["--history-days", str(history_days)]
    return python("sandbox", "deploy.sandbox", *options)


def sandbox_history(days: int) -> ProcessSpec:
    """Return the process that fetches the errands of the sandbox's past, and ends."""
    fetching = python("sandbox-history", "deploy.run.sandbox_history", str(days))
    return replace(fetching, ends=True)


def receiver() -> ProcessSpec:
    return python("receiver", "gunicorn", "--config", str(GUNICORN_CONF), "wsgi:app")


def web() -> ProcessSpec:
    return python("web", "gunicorn", "--config", str(GUNICORN_WEB_CONF), "wsgi:web")


def worker(queue: str, *, concurrency: int) -> ProcessSpec:
    """Return the process of a Celery worker for one queue."""
    name = f"worker-{queue}"
    return celery(
        name,
        "worker",
        *("--queues", queue, "--concurrency", str(concurrency), "--hostname", f"{queue}@%h"),
        # Workers need not know of each other, and mingling delays each start by 1 s.
        *("--without-gossip", "--without-mingle"),
    )


def beat() -> ProcessSpec:
    """Return the process of the schedule, which keeps no file."""
    return celery("beat", "beat")


def celery(name: str, *arguments: str) -> ProcessSpec:
    return python(name, "celery", "--quiet", "--app", "workers.app", *arguments)


def python(name: str, module: str, *arguments: str) -> ProcessSpec:
    command = exec_as_command([sys.executable, *ISOLATED, "-m", module, *arguments], bare=False)
    return ProcessSpec(name=name, command=tuple(command))
