"""Nudges from commands to workers. A lost nudge loses nothing: the sweep finds the work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from workers.config.broker import check_accepts, create_sender, describe_failure
from workers.config.names import Family, TaskName
from workers.config.settings import Settings
from workers.operations.jobs.sentences import Sentence

BROKER_TIMEOUT_S = 2.0


def request_drains(settings: Settings, work: Iterable[tuple[str, Family]]) -> str | None:
    """Request drains of families of workspaces; return the problem if the broker refuses."""
    nudges = [(TaskName.DRAIN, (workspace, family)) for workspace, family in work]
    return _send(settings, nudges)


def request_filing(settings: Settings, workspaces: Iterable[str]) -> str | None:
    """Request filing of the callbacks of workspaces; return the problem if the broker refuses."""
    nudges = [(TaskName.FILE_CALLBACKS, (name,)) for name in workspaces]
    return _send(settings, nudges)


def request_operator_work(settings: Settings) -> str | None:
    """Have a worker carry out what operators ask for; return the problem if the broker refuses."""
    return _send(settings, [(TaskName.OPERATOR_WORK, ())])


def broker_problem(settings: Settings) -> str | None:
    """Return why the broker cannot be used; ``None`` if it can."""
    try:
        sender = create_sender(settings.broker_url, timeout_s=BROKER_TIMEOUT_S)
        check_accepts(sender, timeout_s=BROKER_TIMEOUT_S)
    except Exception as error:  # each transport raises its own errors
        return describe_failure(error)
    return None


def broker_location(broker_url: str) -> str:
    """Return ``host:port`` or the socket of the broker.

    If parts of the password could show, because the URL is ambiguous, return the setting's name.
    """
    try:
        parts = urlsplit(broker_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "BROKER_URL"
    if parts.netloc.count("@") > 1 or "@" in parts.path:
        return "BROKER_URL"
    if parts.scheme.endswith("socket"):
        return parts.path
    return f"{host}:{port}" if port else host or "BROKER_URL"


def _send(settings: Settings, nudges: Sequence[tuple[TaskName, tuple[str, ...]]]) -> str | None:
    sender = create_sender(settings.broker_url, timeout_s=BROKER_TIMEOUT_S)
    try:
        for task, args in nudges:
            sender.send_task(
                task,
                args=args,
                retry=False,
                ignore_result=True,
            )
    except Exception as error:  # each transport raises its own errors
        return Sentence(
            "nudge.not_taken",
            where=broker_location(settings.broker_url),
            reason=describe_failure(error),
        )
    return None
