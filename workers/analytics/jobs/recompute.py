"""Computes the figures of errands that changed, and the backlog of days that are over."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta

from workers.analytics.rules.open_spans import changed_days
from workers.analytics.store import backlog, metrics, metrics_due
from workers.database import Connection, Transaction, advisory_locks

MARKS = 5_000  # taken at once
BATCH = 500  # errands in one transaction
DAYS = 20  # of a backlog in one transaction
RUN_S = 20.0  # then others of the queue have their turn
WAIT_S = 5.0  # for transactions that were running when marks were taken
LOOK_EVERY_S = 0.05


def recompute(session: Transaction, *, run_s: float = RUN_S) -> bool:
    """Compute what changed; return whether something is left. Of many at once only one computes.

    ``session`` yields connections in autocommit mode. Whatever is interrupted is done again.
    """
    until_s = time.monotonic() + run_s
    with (
        session() as conn,
        advisory_locks.hold(conn, "cention.metrics", slots=1) as slot,
    ):
        if slot is None:
            return False
        while _step(conn):
            if time.monotonic() > until_s:
                return True
    return False


def _step(conn: Connection) -> bool:
    """Compute one batch of each kind; return whether something is left."""
    taken = metrics_due.take(conn, limit=MARKS)
    if not _wait_for_others(conn):
        return False  # the claims stay
    metrics_due.begin_what_is_general(conn)
    claimed = metrics_due.claimed_errands(conn, limit=BATCH)
    for workspace, ids in claimed:
        with conn.transaction():
            _compute(conn, workspace, ids)
            metrics_due.delete_claims(conn, workspace, ids)
    everything = _continue_everything(conn)
    return bool(taken or claimed or everything or _add_days(conn))


def _wait_for_others(conn: Connection) -> bool:
    """Return whether all transactions have ended that may rely on a mark that was taken.

    A transaction that found a mark makes no other, and what it changed is not visible yet.
    """
    newest = metrics_due.newest_transaction(conn)
    until_s = time.monotonic() + WAIT_S
    while not metrics_due.have_ended(conn, newest):
        if time.monotonic() > until_s:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


def _compute(conn: Connection, workspace: str, ids: Sequence[int]) -> None:
    before, after = metrics.compute(conn, workspace, ids)
    known = backlog.last_day(conn, workspace)
    if known is None:
        return
    day, zone = known
    days = changed_days(before, after, zone=zone, last=day)
    if days:
        backlog.compute(conn, workspace, days, corrected=True)


def _continue_everything(conn: Connection) -> bool:
    """Compute one batch of a workspace of which everything is to be computed."""
    found = metrics_due.unfinished(conn)
    if found is None:
        return False
    workspace, after = found
    with conn.transaction():
        ids = metrics_due.next_errands(conn, workspace, after, limit=BATCH)
        _compute(conn, workspace, ids)
        metrics_due.set_progress(conn, workspace, ids[-1] if ids else None)
    return True


def _add_days(conn: Connection) -> bool:
    """Compute the backlog of days that have ended, some at a time."""
    missing = backlog.missing_days(conn)
    for one in missing:
        count = min((one.last - one.first).days + 1, DAYS)
        days = [one.first + timedelta(days=number) for number in range(count)]
        with conn.transaction():
            backlog.compute(conn, one.workspace, days, corrected=False)
            backlog.set_last_day(conn, one.workspace, days[-1])
    return bool(missing)
