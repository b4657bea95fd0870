"""Computes the figures of errands that changed, of their days, and the backlog of past days."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import psycopg
import structlog
from psycopg import errors

from workers.analytics.rules.open_spans import changed_stretches
from workers.analytics.store import (
    backlog,
    day_tables,
    metrics,
    metrics_due,
    metrics_problems,
    metrics_progress,
)
from workers.analytics.store.day_tables import DueDay
from workers.analytics.store.metrics_due import AGENT, ERRAND, GENERAL, LOGON_DAY, Mark
from workers.analytics.store.metrics_progress import Work
from workers.database import Connection, Transaction, advisory_locks, permanent_errors

BATCH = 500  # errands, or marks, in one transaction
PARTS = 8  # of a batch that fails
DAYS = 31  # of a backlog, or of tables, in one transaction
DAY_WAITS_S = 5.0  # while errands are computed, of which the next may be of the same day
FAILED_DAYS = 2  # then the rest of a batch waits for another run
NAMES = 10  # of log-ons in one transaction: each with its whole history
RUN_S = 20.0  # then others of the queue have their turn
ROUND_S = 100.0  # in which every workspace has its turn; the task is killed after minutes
STATEMENT_S = 20  # of a batch, which takes less than one
LOCK_S = 5  # a lock that is held for longer is not of an errand

log = structlog.get_logger(__name__)


def recompute(session: Transaction, *, run_s: float = RUN_S) -> bool:
    """Compute what changed; return whether something is left. Of many at once only one computes.

    ``session`` yields connections in autocommit mode. Whatever is interrupted is done again.
    What fails for one workspace is raised after the others have had their turn.
    """
    began_s = time.monotonic()
    until_s, round_until_s = began_s + run_s, began_s + ROUND_S
    failed: dict[str, psycopg.Error] = {}
    with (
        session() as conn,
        advisory_locks.hold(conn, "cention.metrics", slots=1) as slot,
    ):
        if slot is None:
            return False
        metrics_progress.begin_new(conn)
        while work := [one for one in metrics_progress.work(conn) if one.workspace not in failed]:
            random.shuffle(work)  # if some take long, none is always the last
            for one in work:
                if time.monotonic() > round_until_s:
                    break
                if error := _step(conn, one, until_s):
                    failed[one.workspace] = error
            if time.monotonic() > until_s:
                break
    for error in failed.values():
        raise error
    return bool(work)


def _step(conn: Connection, work: Work, until_s: float) -> psycopg.Error | None:
    """Compute one batch of each kind for a workspace; return what failed."""
    try:
        if work.marked:
            _compute_marked(conn, work.workspace, until_s)
        if work.everything:
            _continue_everything(conn, work.workspace, until_s)
        if work.days:
            _compute_days(conn, work.workspace)
        if work.tables:
            _compute_tables(conn, work)
    except psycopg.Error as error:
        if conn.broken:
            raise
        name = permanent_errors.name(error)
        log.warning("figures cannot be computed", workspace=work.workspace, error=name)
        return error
    return None


@contextmanager
def _batch(conn: Connection) -> Iterator[None]:
    """Open a transaction in which each wait for a lock fails after ``LOCK_S``."""
    with conn.transaction():
        metrics.limit_locks(conn, seconds=LOCK_S)
        yield


def _compute_marked(conn: Connection, workspace: str, until_s: float) -> None:
    marks = metrics_due.oldest(conn, workspace, limit=BATCH)
    others = [one for one in marks if one.kind != ERRAND]
    if others:
        # Names are joined when a view is read: nothing is computed for them.
        logon_days = {one.record_id for one in others if one.kind == LOGON_DAY}
        with _batch(conn):
            metrics_due.delete(conn, workspace, others)
            if logon_days:
                day_tables.mark_names_of_days(conn, workspace, logon_days)
            if any(one.kind == AGENT for one in others):
                day_tables.mark_days_of_agents(conn, workspace)
            if any(one.kind in GENERAL for one in others):
                metrics_progress.begin(conn, workspace)
    ids = sorted({one.record_id for one in marks if one.kind == ERRAND})
    if ids:
        _compute(conn, workspace, ids, marks, until_s=until_s)


def _compute(
    conn: Connection,
    workspace: str,
    ids: Sequence[int],
    marks: Collection[Mark] = (),
    *,
    until_s: float,
    done: Callable[[int], object] = lambda _: None,
) -> None:
    """Compute the figures of errands, and delete their marks; call ``done`` with the last of each
    part that is done.

    A batch that fails is computed in parts, at least one, and more until the time is up. A single
    errand that fails is set aside.
    """
    parts, advanced = [list(ids)], False
    while parts and not (advanced and time.monotonic() > until_s):
        part = parts.pop(0)
        own = [one for one in marks if one.kind == ERRAND and one.record_id in set(part)]
        if error := _try(conn, workspace, part, own):
            if len(part) > 1:
                size = -(-len(part) // PARTS)
                parts[:0] = [part[first : first + size] for first in range(0, len(part), size)]
                continue
            _set_aside(conn, workspace, part[0], own, error)
        advanced = True
        done(part[-1])


def _try(
    conn: Connection, workspace: str, ids: Sequence[int], marks: Collection[Mark]
) -> psycopg.Error | None:
    """Compute the figures of errands; return an error that is of one of them."""
    try:
        with _batch(conn):
            metrics.limit_statements(conn, seconds=STATEMENT_S)
            metrics_due.delete(conn, workspace, marks)
            day_tables.mark_days_of_reports(conn, workspace, ids)
            day_tables.mark_days_of_figures(conn, workspace, ids)
            before, after = metrics.compute(conn, workspace, ids)
            day_tables.mark_days_of_figures(conn, workspace, ids)
            if stretches := changed_stretches(before, after):
                backlog.mark_stretches(conn, workspace, stretches)
            metrics_problems.renew(conn, workspace, ids)
    except psycopg.Error as error:
        if not _is_of_record(error):
            raise
        return error
    return None


def _set_aside(
    conn: Connection,
    workspace: str,
    errand_id: int,
    marks: Collection[Mark],
    error: psycopg.Error,
) -> None:
    name = permanent_errors.name(error)
    log.warning("errand set aside", workspace=workspace, errand_id=errand_id, error=name)
    with _batch(conn):
        metrics_due.delete(conn, workspace, marks)
        day_tables.mark_days_of_reports(conn, workspace, [errand_id])
        metrics_problems.set_aside(conn, workspace, errand_id, f"cannot be computed: {name}")


def _is_of_record(error: psycopg.Error) -> bool:
    """Return whether other errands or days may succeed: not if the statement itself is wrong."""
    if isinstance(error, errors.QueryCanceled):  # it takes too long
        return True
    wrong = isinstance(error, psycopg.ProgrammingError)
    return permanent_errors.is_permanent(error) and not wrong


def _continue_everything(conn: Connection, workspace: str, until_s: float) -> None:
    """Compute the next errands of a computation of everything; at its end, all days are due."""
    progress = metrics_progress.read(conn, workspace)
    if progress is None:
        return
    ids = metrics_progress.next_errands(conn, workspace, progress, limit=BATCH)
    if ids:
        record = partial(metrics_progress.set_after, conn, workspace, progress)
        _compute(conn, workspace, ids, until_s=until_s, done=record)
        return
    with _batch(conn):
        if metrics_progress.set_after(conn, workspace, progress, None):
            backlog.mark_known_days(conn, workspace, since=progress.since)
            day_tables.mark_all(conn, workspace, since=progress.since)


def _compute_days(conn: Connection, workspace: str) -> None:
    """Compute the backlog of the first days that are due."""
    with _batch(conn):
        backlog.mark_new_days(conn, workspace)
        days = backlog.due_days(conn, workspace, days=DAYS)
        if days:
            backlog.compute(conn, workspace, days)


def _compute_tables(conn: Connection, work: Work) -> None:
    """Compute the log-ons of names, and the days of tables, that have been due the longest.

    While errands are computed, days wait a little, as the next batch may reach them again.
    Days that fail together are computed one by one, until a second one fails; each may take
    seconds. What fails stays due, and is raised after the others.
    """
    workspace = work.workspace
    with _batch(conn):
        day_tables.compute_names(conn, workspace, limit=NAMES)
    waited_s = DAY_WAITS_S if work.marked or work.everything else 0.0
    days = day_tables.due_days(conn, workspace, limit=DAYS, waited_s=waited_s)
    if not days or _try_days(conn, workspace, days) is None:
        return
    random.shuffle(days)  # if two fail, the others have their turn in another run
    failed: list[psycopg.Error] = []
    for day in days:
        if error := _try_days(conn, workspace, [day]):
            where = {"workspace": workspace, "table": day.kept, "day": day.day}
            log.warning("day cannot be computed", **where, error=permanent_errors.name(error))
            failed.append(error)
            if len(failed) == FAILED_DAYS:
                break
    if failed:
        raise failed[0]


def _try_days(conn: Connection, workspace: str, days: Collection[DueDay]) -> psycopg.Error | None:
    """Compute days of tables; return an error that is of one of them."""
    try:
        with _batch(conn):
            metrics.limit_statements(conn, seconds=STATEMENT_S)
            day_tables.compute_days(conn, workspace, days)
    except psycopg.Error as error:
        if not _is_of_record(error):
            raise
        return error
    return None
