"""Privacy by default: contents go when they were kept for long enough, and stay away if erased."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from psycopg import Connection

from workers.config.settings import Retention
from workers.database import Transaction, advisory_locks
from workers.privacy.jobs import redact_erased
from workers.privacy.jobs.erasure_counts import Tally
from workers.privacy.store import retention

log = structlog.get_logger(__name__)

LOCK = "retention"
BATCH = 500
FILES = 50  # at once: their contents may be large
RUN_S = 10.0  # then others get a turn


class Remove(Protocol):
    """Takes contents of one class away and returns of how many rows."""

    def __call__(self, conn: Connection[Any], *, before: datetime, limit: int) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What one run did."""

    removed: dict[str, int]  # rows that lost contents, by class; classes with none left out
    more: bool


def retain(policy: Retention, *, session: Transaction, run_s: float = RUN_S) -> Retained:
    """Take away what is older than ``policy`` allows, and what came back of erased records.

    A batch is a transaction, so it may be broken off at any time. After ``run_s`` seconds it
    stops. Does nothing while somebody else does it. ``session`` lends connections in autocommit
    mode.
    """
    ends_at = time.monotonic() + run_s
    removed: dict[str, int] = {}
    more = False
    with session() as conn, advisory_locks.hold(conn, LOCK, slots=1) as place:
        if place is None:
            return Retained(removed={}, more=False)
        redact_erased.blank_due(conn, tally := Tally())
        removed["erased"] = tally.total()
        now = datetime.now(UTC)
        for name, remove, days, limit in _classes(policy):
            before = now - timedelta(days=days)
            while not more:
                with conn.transaction():
                    done = remove(conn, before=before, limit=limit)
                removed[name] = removed.get(name, 0) + done
                if done < limit:
                    break
                more = time.monotonic() > ends_at
    told = {name: number for name, number in removed.items() if number}
    if told:
        log.info("contents removed", more=more, **told)
    return Retained(removed=told, more=more)


def _classes(policy: Retention) -> Iterator[tuple[str, Remove, int, int]]:
    """Yield name, deed, days and size of a batch; what rows are made of goes before the rows."""
    if days := policy.callbacks_days:
        yield "callbacks", retention.remove_callback_documents, days, BATCH
    if days := policy.landed_days:
        yield "landed", retention.remove_landed_documents, days, BATCH
    if days := policy.bodies_days:
        yield "callback_bodies", retention.remove_callback_bodies, days, BATCH
        yield "answer_bodies", retention.remove_answer_bodies, days, BATCH
        yield "errand_bodies", retention.remove_errand_bodies, days, BATCH
        yield "exported_bodies", retention.remove_exported_bodies, days, BATCH
        yield "attachments", retention.remove_attachment_contents, days, FILES
