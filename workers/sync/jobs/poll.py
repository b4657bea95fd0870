"""Polling: Cention's lists of changed records become wanted rows, before anything is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from psycopg import Connection

from schemas.cention.changed_ids import ChangedIds
from schemas.errors import DocumentError
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.database import Transaction, advisory_locks
from workers.sync.jobs.attempts import recorded_attempt
from workers.sync.rules import retry_policy
from workers.sync.store import completeness, polls, wanted

log = structlog.get_logger(__name__)


class RecentlyGone(Protocol):
    """Tells which records of a workspace were gone lately, and need no other look yet."""

    def __call__(
        self,
        conn: Connection[Any],
        workspace: str,
        ids: Sequence[int],
        /,
        *,
        shortest_s: float,
        longest_s: float,
    ) -> set[int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedList:
    """One of Cention's lists of changed records."""

    workspace: str
    family: Family
    ask: Callable[[], dict[str, Any]]  # raises ApiError
    read: Callable[[Mapping[str, Any]], ChangedIds]  # raises DocumentError
    recently_gone: RecentlyGone


def poll_if_due(changed: ChangedList, *, every_s: float, session: Transaction) -> int | None:
    """As ``poll``, unless the list was read less than half of ``every_s`` ago.

    A hundred nudges that come at once, as after an outage, make one look.
    """
    with session() as conn:
        if not polls.is_due(conn, changed.workspace, changed.family, every_s=every_s / 2):
            return None
    return poll(changed, session=session)


def poll(changed: ChangedList, *, session: Transaction) -> int | None:
    """Put every id of a list on our own list; return how many, ``None`` if it could not be.

    Cention goes on listing what is gone, as no fetch clears its flag: that is looked at ever
    more rarely. ``session`` lends a connection in autocommit mode. Asking clears nothing at
    Cention, so a look that fails, or that another process has under way, loses nothing.
    """
    workspace, family = changed.workspace, changed.family
    with (
        session() as conn,
        advisory_locks.hold(conn, f"poll/{workspace}/{family}", slots=1) as slot,
    ):
        if slot is None:
            return None
        try:
            with recorded_attempt(conn, workspace, family) as poll_id:
                found = changed.read(changed.ask())
        except (ApiError, DocumentError) as error:
            log.warning("poll failed", workspace=workspace, family=family, error=str(error))
            return None
        odd = f"{found.dropped} entries are no id" if found.dropped else None
        with conn.transaction():
            ids = set(found.ids) - _recently_gone(conn, changed, found.ids)
            wanted.want(conn, workspace, family, ids)
            completeness.record_reported(conn, workspace, family, ids)
            polls.end(conn, poll_id, found=len(found.ids), error=odd)
            polls.resume_idle(conn, workspace, [family], soon_s=retry_policy.MAX_OUTAGE_BACKOFF_S)
        return len(found.ids)


def _recently_gone(conn: Connection[Any], changed: ChangedList, ids: Sequence[int]) -> set[int]:
    return changed.recently_gone(
        conn,
        changed.workspace,
        ids,
        shortest_s=retry_policy.MIN_GONE_RECHECK_S,
        longest_s=retry_policy.MAX_GONE_RECHECK_S,
    )
