"""Computes the figures of errands that changed, and the backlog of days that are over."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

import psycopg
import structlog
from psycopg import errors

from workers.analytics.rules.open_spans import changed_stretches
from workers.analytics.store import (
    backlog,
    metrics,
    metrics_due,
    metrics_problems,
    metrics_progress,
)
from workers.analytics.store.metrics_due import ERRAND, GENERAL, Mark
from workers.analytics.store.metrics_progress import Work
from workers.database import Connection, Transaction, advisory_locks, permanent_errors

BATCH = 500  # errands, or marks, in one transaction
PARTS = 8  # of a batch that fails
DAYS = 31  # of a backlog in one transaction
RUN_S = 20.0  # then others of the queue have their turn
STATEMENT_S = 20  # of a batch, which takes less than one

log = structlog.get_logger(__name__)


def recompute(session: Transaction, *, run_s: float = RUN_S) -> bool:
    """Compute what changed; return whether something is left. Of many at once only one computes.

    ``session`` yields connections in autocommit mode. Whatever is interrupted is done again.
    What fails for one workspace is raised after the others have had their turn.
    """
    until_s = time.monotonic() + run_s
    failed: dict[str, psycopg.Error] = {}
    with (
        session() as conn,
        advisory_locks.hold(conn, "cention.metrics", slots=1) as slot,
    ):
        if slot is None:
            return False
        metrics_progress.begin_new(conn)
        while work := [one for one in metrics_progress.work(conn) if one.workspace not in failed]:
            for one in work:
                if error := _step(conn, one):
                    failed[one.workspace] = error
            if time.monotonic() > until_s:
                break
    for error in failed.values():
        raise error
    return bool(work)


def _step(conn: Connection, work: Work) -> psycopg.Error | None:
    """Compute one batch of each kind for a workspace; return what failed."""
    try:
        if work.marked:
            _compute_marked(conn, work.workspace)
        if work.everything:
            _continue_everything(conn, work.workspace)
        if work.days:
            _compute_days(conn, work.workspace)
    except psycopg.Error as error:
        if conn.broken:
            raise
        name = permanent_errors.name(error)
        log.warning("figures cannot be computed", workspace=work.workspace, error=name)
        return error
    return None


def _compute_marked(conn: Connection, workspace: str) -> None:
    marks = metrics_due.oldest(conn, workspace, limit=BATCH)
    others = [one for one in marks if one.kind != ERRAND]
    if others:
        # Names are joined when a view is read: nothing is computed for them.
        with conn.transaction():
            metrics_due.delete(conn, workspace, others)
            if any(one.kind in GENERAL for one in others):
                metrics_progress.begin(conn, workspace)
    ids = sorted({one.record_id for one in marks if one.kind == ERRAND})
    if ids:
        _compute(conn, workspace, ids, marks)


def _compute(
    conn: Connection, workspace: str, ids: Sequence[int], marks: Collection[Mark] = ()
) -> None:
    """Compute the figures of errands, and delete their marks.

    A batch that fails is computed in parts. A single errand that fails is set aside.
    """
    own = set(ids)
    marks = [one for one in marks if one.kind == ERRAND and one.record_id in own]
    try:
        with conn.transaction():
            metrics.limit_statements(conn, seconds=STATEMENT_S)
            metrics_due.delete(conn, workspace, marks)
            before, after = metrics.compute(conn, workspace, ids)
            if stretches := changed_stretches(before, after):
                backlog.mark_stretches(conn, workspace, stretches)
            metrics_problems.renew(conn, workspace, ids)
    except psycopg.Error as error:
        if not _is_of_errand(error):
            raise
        if len(ids) > 1:
            size = -(-len(ids) // PARTS)
            for first in range(0, len(ids), size):
                _compute(conn, workspace, ids[first : first + size], marks)
            return
        name = permanent_errors.name(error)
        log.warning("errand set aside", workspace=workspace, errand_id=ids[0], error=name)
        with conn.transaction():
            metrics_due.delete(conn, workspace, marks)
            metrics_problems.set_aside(conn, workspace, ids[0], f"cannot be computed: {name}")


def _is_of_errand(error: psycopg.Error) -> bool:
    """Return whether other errands may succeed: not if the statement itself is wrong."""
    if isinstance(error, errors.QueryCanceled):  # it takes too long
        return True
    wrong = isinstance(error, psycopg.ProgrammingError)
    return permanent_errors.is_permanent(error) and not wrong


def _continue_everything(conn: Connection, workspace: str) -> None:
    """Compute the next errands of a computation of everything; at its end, all days are due."""
    progress = metrics_progress.read(conn, workspace)
    if progress is None:
        return
    ids = metrics_progress.next_errands(conn, workspace, progress, limit=BATCH)
    if ids:
        _compute(conn, workspace, ids)
        metrics_progress.set_after(conn, workspace, progress, ids[-1])
        return
    with conn.transaction():
        if metrics_progress.set_after(conn, workspace, progress, None):
            backlog.mark_known_days(conn, workspace, since=progress.since)


def _compute_days(conn: Connection, workspace: str) -> None:
    """Compute the backlog of the first days that are due."""
    with conn.transaction():
        backlog.mark_new_days(conn, workspace)
        days = backlog.due_days(conn, workspace, days=DAYS)
        if days:
            backlog.compute(conn, workspace, days)
