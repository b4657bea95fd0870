"""Retention: removes contents after the configured time, and redacts erased records again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from workers.config.settings import Retention
from workers.database import Connection, Transaction, advisory_locks
from workers.privacy.jobs import redact_erased
from workers.privacy.jobs.erasure_counts import ErasureCounts
from workers.privacy.store import retention

log = structlog.get_logger(__name__)

LOCK = "retention"
BATCH = 500
FILES = 50  # per batch; their contents may be large
EVERY_S = 3600.0
ACTIVITY_DAYS = 8  # of intake.activity_minute, whatever the settings are
ACTION_DAYS = 730  # of intake.operator_action, likewise: who did what in the web face
RUN_S = 10.0  # then other tasks get the worker


class Remove(Protocol):
    """Removes contents of one class; returns of how many rows."""

    def __call__(self, conn: Connection, *, before: datetime, limit: int) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRun:
    """What one run removed."""

    removed: dict[str, int]  # rows that lost contents, by class; classes with none left out
    more: bool


def retain_if_due(policy: Retention, *, session: Transaction) -> bool:
    """Remove what ``retain`` removes, unless all was within an hour; return whether more is left.

    By the database's clock: it knows when that was, whatever was restarted since.
    """
    with session() as conn:
        if retention.done_within(conn, EVERY_S):
            return False
    return retain(policy, session=session).more


def retain(policy: Retention, *, session: Transaction, run_s: float = RUN_S) -> RetentionRun:
    """Remove contents older than ``policy`` allows, and data of erased records that came back.

    Each batch is a transaction, so it may be interrupted at any time. It stops after ``run_s``
    seconds, and does nothing while another process runs it. ``session`` yields connections in
    autocommit mode.
    """
    ends_at = time.monotonic() + run_s
    removed: dict[str, int] = {}
    more = False
    with session() as conn, advisory_locks.hold(conn, LOCK, slots=1) as lock:
        if lock is None:
            return RetentionRun(removed={}, more=False)
        redact_erased.redact_pending(conn, counts := ErasureCounts())
        removed["erased"] = counts.total()
        now = retention.database_time(conn)
        for name, remove, days, limit in _classes(policy):
            before = now - timedelta(days=days)
            while not more:
                with conn.transaction():
                    done = remove(conn, before=before, limit=limit)
                removed[name] = removed.get(name, 0) + done
                if done < limit:
                    break
                more = time.monotonic() > ends_at
        if not more:
            retention.record_done(conn)
    removed = {name: number for name, number in removed.items() if number}
    if removed:
        log.info("contents removed", more=more, **removed)
    return RetentionRun(removed=removed, more=more)


def _classes(policy: Retention) -> Iterator[tuple[str, Remove, int, int]]:
    """Yield name, function, days and batch size; documents before the rows made from them."""
    yield "activity_minutes", retention.delete_activity, ACTIVITY_DAYS, BATCH
    yield "operator_actions", retention.delete_actions, ACTION_DAYS, BATCH
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
    if days := policy.survey_texts_days:
        yield "survey_comments", retention.remove_survey_comments, days, BATCH
        yield "survey_contexts", retention.remove_survey_contexts, days, BATCH
    if days := policy.feedback_days:
        yield "invited_contacts", retention.remove_invited_contacts, days, BATCH
        yield "unmatched_rows", retention.remove_unmatched_cells, days, BATCH
