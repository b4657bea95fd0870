"""Polls Cention's lists of changed records: every listed id becomes a wanted record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from schemas.cention.changed_ids import ChangedIds
from schemas.errors import DocumentError
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.database import Connection, Transaction
from workers.sync.jobs.attempts import Attempt, recorded_attempt
from workers.sync.rules import retry_policy
from workers.sync.store import completeness, polls, wanted

log = structlog.get_logger(__name__)


class RecentlyGone(Protocol):
    """Returns which records of a workspace were gone so recently that they need no fetch yet."""

    def __call__(
        self,
        conn: Connection,
        workspace: str,
        ids: Sequence[int],
        /,
        *,
        min_s: float,
        max_s: float,
    ) -> set[int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedList:
    """One of Cention's lists of changed records."""

    workspace: str
    family: Family
    fetch: Callable[[], dict[str, Any]]  # raises ApiError
    parse: Callable[[Mapping[str, Any]], ChangedIds]  # raises DocumentError
    recently_gone: RecentlyGone


def poll_if_due(changed: ChangedList, *, every_s: float, session: Transaction) -> int | None:
    """Poll as ``poll`` does, unless the last success is less than half of ``every_s`` ago.

    A hundred nudges that arrive together, as after an outage, make one poll.
    """
    with session() as conn:
        if not polls.is_due(conn, changed.workspace, changed.family, every_s=every_s / 2):
            return None
    return poll(changed, session=session)


def poll(changed: ChangedList, *, session: Transaction) -> int | None:
    """Want every listed record; return how many are listed, ``None`` if the poll did not succeed.

    Cention keeps listing gone records, as no fetch clears their change flag: those are fetched
    ever more rarely. ``session`` yields a connection in autocommit mode. Reading a list clears
    nothing at Cention, so a poll that fails, or that another process is doing, loses nothing.
    """
    workspace, family = changed.workspace, changed.family
    try:
        with recorded_attempt(
            session,
            workspace,
            family,
            lambda: changed.parse(changed.fetch()),
            lock=f"poll/{workspace}/{family}",
        ) as attempt:
            return None if attempt is None else _want(changed, attempt)
    except (ApiError, DocumentError) as error:
        log.warning("poll failed", workspace=workspace, family=family, error=str(error))
        return None


def _want(changed: ChangedList, attempt: Attempt[ChangedIds]) -> int:
    conn, listed = attempt.conn, attempt.result
    workspace, family = changed.workspace, changed.family
    with conn.transaction():
        ids = set(listed.ids) - changed.recently_gone(
            conn,
            workspace,
            listed.ids,
            min_s=retry_policy.MIN_GONE_RECHECK_S,
            max_s=retry_policy.MAX_GONE_RECHECK_S,
        )
        wanted.want(conn, workspace, family, ids)
        completeness.record_reported(conn, workspace, family, ids)
        invalid = f"{listed.dropped} entries are no id" if listed.dropped else None
        polls.end(conn, attempt.poll_id, found=len(listed.ids), error=invalid)
        polls.resume_idle(conn, workspace, [family], soon_s=retry_policy.MAX_OUTAGE_BACKOFF_S)
    return len(listed.ids)
