"""Refreshes mirrors: copies of data at Cention, whole or by time windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from schemas.errors import DocumentError
from workers.clients.errors import ApiError
from workers.config.names import Mirror
from workers.database import Connection, Transaction
from workers.sync.jobs.attempts import recorded_attempt
from workers.sync.rules import retry_policy
from workers.sync.store import polls
from workers.sync.store.polls import PauseState

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshResult:
    """How many records one refresh fetched."""

    records: int
    problem: str | None = None  # why some are missing although the refresh succeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSpec:
    """How one mirror of one workspace is refreshed, and how often.

    ``refresh`` fetches from Cention and writes through ``session``, which yields a connection in
    autocommit mode. It raises ``ApiError`` or ``DocumentError`` on failure; the next refresh
    repairs whatever it left.
    """

    workspace: str
    mirror: Mirror
    every_s: int
    refresh: Callable[[Transaction], RefreshResult]


def refresh_if_due(spec: MirrorSpec, *, session: Transaction) -> RefreshResult | None:
    """Refresh a mirror whose last success is ``every_s`` old; return ``None`` if none was due.

    A mirror that failed is retried with back-off, one that Cention refuses after a pause, and one
    that was refreshed with a problem, like any success, after ``every_s``.
    """
    with session() as conn:
        due = polls.is_due(conn, spec.workspace, spec.mirror, every_s=spec.every_s)
        if not due or _waits(conn, spec):
            return None
    try:
        return refresh(spec, session=session)
    except (ApiError, DocumentError):
        return None


def _waits(conn: Connection, spec: MirrorSpec) -> bool:
    state = polls.take_probe(conn, spec.workspace, spec.mirror, probe_s=retry_policy.PAUSE_S)
    if state is not PauseState.NOT_PAUSED:
        return state is PauseState.PAUSED
    failed = polls.failures(conn, spec.workspace, spec.mirror)
    wait_s = retry_policy.refresh_backoff_s(failed.number, every_s=spec.every_s)
    return failed.ended_ago_s is not None and failed.ended_ago_s < wait_s


def refresh(spec: MirrorSpec, *, session: Transaction) -> RefreshResult | None:
    """Refresh a mirror now; return ``None`` if another process is refreshing it.

    Raises ``ApiError`` or ``DocumentError`` after recording the failure.
    """
    workspace, mirror = spec.workspace, spec.mirror
    context = log.bind(workspace=workspace, mirror=mirror)
    try:
        with recorded_attempt(
            session,
            workspace,
            mirror,
            lambda: spec.refresh(session),
            lock=f"mirror/{workspace}/{mirror}",
        ) as attempt:
            if attempt is None:
                return None
            conn, result = attempt.conn, attempt.result
            if result.problem:
                context.warning("mirror refreshed in part", error=result.problem)
            with conn.transaction():
                polls.end(conn, attempt.poll_id, found=result.records, error=result.problem)
                polls.resume(conn, workspace, mirror)
            return result
    except (ApiError, DocumentError) as error:
        context.warning("mirror not refreshed", error=str(error))
        raise
