"""Mirroring: pictures of something at Cention, renewed as a whole or by windows of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from psycopg import Connection

from schemas.errors import DocumentError
from workers.clients.errors import ApiError
from workers.config.names import Mirror
from workers.database import Transaction, advisory_locks
from workers.sync.jobs.attempts import recorded_attempt
from workers.sync.rules import retry_policy
from workers.sync.store import polls

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a renewal brought home."""

    records: int
    problem: str | None = None  # why that is not all, though the picture was renewed


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorPlan:
    """How one picture of one workspace is renewed, and how often.

    ``renew`` asks Cention, and writes what it is told with ``session``, which lends a connection in
    autocommit mode. It raises ``ApiError`` or ``DocumentError`` if it could not; whatever it left
    then is made good by the next.
    """

    workspace: str
    mirror: Mirror
    every_s: int
    renew: Callable[[Transaction], Brought]


def renew_if_due(plan: MirrorPlan, *, session: Transaction) -> Brought | None:
    """Renew a picture whose last success is ``every_s`` old; ``None`` if there was no need.

    One that failed is tried again after waits that grow, one that Cention refuses after a pause,
    and one that was renewed with a problem, as all that succeeded, after ``every_s``.
    """
    with session() as conn:
        due = polls.is_due(conn, plan.workspace, plan.mirror, every_s=plan.every_s)
        if not due or _waits(conn, plan):
            return None
    try:
        return renew(plan, session=session)
    except (ApiError, DocumentError):
        return None


def _waits(conn: Connection[Any], plan: MirrorPlan) -> bool:
    paused = polls.paused(conn, plan.workspace, plan.mirror, probe_s=retry_policy.PAUSE_S)
    if paused is not None:
        return paused
    failed = polls.failures(conn, plan.workspace, plan.mirror)
    wait_s = retry_policy.refresh_backoff_s(failed.number, every_s=plan.every_s)
    return failed.ended_ago_s is not None and failed.ended_ago_s < wait_s


def renew(plan: MirrorPlan, *, session: Transaction) -> Brought | None:
    """Renew a picture now; ``None`` if another process is at it.

    Raises ``ApiError`` or ``DocumentError``, once the failure is noted.
    """
    workspace, mirror = plan.workspace, plan.mirror
    with (
        session() as conn,
        advisory_locks.hold(conn, f"mirror/{workspace}/{mirror}", slots=1) as slot,
    ):
        if slot is None:
            return None
        context = log.bind(workspace=workspace, mirror=mirror)
        try:
            with recorded_attempt(conn, workspace, mirror) as poll_id:
                brought = plan.renew(session)
        except (ApiError, DocumentError) as error:
            context.warning("mirror not refreshed", error=str(error))
            raise
        if brought.problem:
            context.warning("mirror refreshed in part", error=brought.problem)
        with conn.transaction():
            polls.end(conn, poll_id, found=brought.records, error=brought.problem)
            polls.resume(conn, workspace, mirror)
        return brought
