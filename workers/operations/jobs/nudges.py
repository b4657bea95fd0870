"""Telling the workers that there is something to do now. Nothing is lost if they do not hear it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from workers.config.broker import create_sender
from workers.config.names import Family, Queue, TaskName
from workers.config.settings import Settings

BROKER_TIMEOUT_S = 2.0
EXPIRES_S = 60


def request_drains(settings: Settings, work: Iterable[tuple[str, Family]]) -> str | None:
    """Have workers drain families of workspaces; return why they could not be told."""
    nudges = [(TaskName.DRAIN, Queue.FETCH, (workspace, family)) for workspace, family in work]
    return _send(settings, nudges)


def request_filing(settings: Settings, workspaces: Iterable[str]) -> str | None:
    """Have workers file the callbacks of workspaces; return why they could not be told."""
    nudges = [(TaskName.FILE_CALLBACKS, Queue.CALLBACKS, (name,)) for name in workspaces]
    return _send(settings, nudges)


def broker_problem(settings: Settings) -> str | None:
    """Return why the broker cannot be used, ``None`` if it can."""
    try:
        with create_sender(
            settings.broker_url, timeout_s=BROKER_TIMEOUT_S
        ).connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_S)
    except Exception as error:  # each transport has errors of its own
        return _reason(error)
    return None


def broker_location(broker_url: str) -> str:
    """Return ``host:port`` or the socket of the broker.

    Only its variable's name if a password may have been torn apart, so that it would show.
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


def _send(
    settings: Settings, nudges: Sequence[tuple[TaskName, Queue, tuple[str, ...]]]
) -> str | None:
    sender = create_sender(settings.broker_url, timeout_s=BROKER_TIMEOUT_S)
    try:
        for task, queue, args in nudges:
            sender.send_task(
                task,
                args=args,
                queue=queue,
                retry=False,
                ignore_result=True,
                expires=EXPIRES_S,
            )
    except Exception as error:  # each transport has errors of its own
        return (
            f"The broker at {broker_location(settings.broker_url)} took no message "
            f"({_reason(error)}). Nothing is lost: the sweep finds the work once it is back."
        )
    return None


def _reason(error: Exception) -> str:
    """Name an error without its text, which may quote the address and its password."""
    said = str(error).lower()
    if "refused" in said or "no such file" in said:
        return "nothing listens there"
    if "timed out" in said or "timeout" in said:
        return "it does not answer"
    if any(sign in said for sign in ("auth", "password", "noauth", "access_refused")):
        return "it refuses user or password"
    if "resolve" in said or "name or service" in said:
        return "there is no such host"
    return type(error).__name__
