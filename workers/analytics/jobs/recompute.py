"""Computes the figures of errands that changed, of their days, and the backlog of past days."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import psycopg
import structlog
from psycopg import errors

from workers.analytics.rules.due_days import DueDay, changed_days
from workers.analytics.rules.open_spans import changed_stretches
from workers.analytics.store import (
    backlog,
    day_tables,
    metrics,
    metrics_due,
    metrics_problems,
    metrics_progress,
)
from workers.analytics.store.metrics_due import AGENT, ERRAND, GENERAL, LOGON_DAY, Mark
from workers.analytics.store.metrics_progress import Work
from workers.database import Connection, Transaction, advisory_locks, permanent_errors

BATCH = 500  # errands, or marks, in one transaction
PARTS = 8  # of a batch that fails
DAYS = 31  # of a backlog in one transaction
TABLE_DAYS = 200  # of tables in one transaction, by one statement for each table
DAY_WAITS_S = 5.0  # while errands are computed, of which the next may be of the same day
TABLES_REST = 2.0  # while errands wait, tables rest so many times as long as they took
NAMES = 10  # of log-ons in one transaction: each with its whole history
RUN_S = 20.0  # then others of the queue have their turn
ROUND_S = 100.0  # in which every workspace has its turn; the task is killed after minutes
STATEMENT_S = 20  # of a batch, which takes less than one
LOCK_S = 5  # a lock that is held for longer is not of an errand

log = structlog.get_logger(__name__)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One call of the job."""

    until_s: float  # when it ends
    tables_from_s: dict[str, float] = field(default_factory=dict)  # when the rest of each ends


def recompute(session: Transaction, *, run_s: float = RUN_S) -> bool:
    """Compute what changed; return whether something is left. Of many at once only one computes.

    ``session`` yields connections in autocommit mode. Whatever is interrupted is done again.
    An errand, a day or a login name that fails does not stop the others. Any other error of a
    workspace is raised after the other workspaces have had their turn.
    """
    began_s = time.monotonic()
    run, round_until_s = _Run(until_s=began_s + run_s), began_s + ROUND_S
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
                if error := _step(conn, one, run):
                    failed[one.workspace] = error
            if time.monotonic() > run.until_s:
                break
    for error in failed.values():
        raise error
    return bool(work)


def _step(conn: Connection, work: Work, run: _Run) -> psycopg.Error | None:
    """Compute one batch of each kind for a workspace; return the first error that is of no record.

    A kind that fails does not stop those after it.
    """
    first: psycopg.Error | None = None
    for is_due, compute in (
        (work.marked, _compute_marked),
        (work.everything, _continue_everything),
        (work.days, _compute_backlog),
        (work.tables, _compute_names),
        (work.tables, _compute_tables),
    ):
        if not is_due:
            continue
        try:
            compute(conn, work, run)
        except psycopg.Error as error:
            if conn.broken:
                raise
            name = permanent_errors.name(error)
            log.warning("figures cannot be computed", workspace=work.workspace, error=name)
            first = first or error
    return first


@contextmanager
def _batch(conn: Connection) -> Iterator[None]:
    """Open a transaction in which each wait for a lock fails after ``LOCK_S``."""
    with conn.transaction():
        metrics.limit_locks(conn, seconds=LOCK_S)
        yield


def _compute_in_parts(
    conn: Connection,
    items: Sequence[Item],
    compute: Callable[[Sequence[Item]], None],
    set_aside: Callable[[Item, psycopg.Error], None],
    run: _Run,
    done: Callable[[Item], object] = lambda _: None,
) -> None:
    """Compute errands, days or login names; call ``done`` with the last of each part that is done.

    A batch that fails is computed in parts, at least one, and more until the time is up. A single
    item that fails is set aside.
    """
    parts, advanced = [items] if items else [], False
    while parts and not (advanced and time.monotonic() > run.until_s):
        part = parts.pop(0)
        if error := _attempt(conn, compute, part):
            if len(part) > 1:
                size = -(-len(part) // PARTS)
                parts[:0] = [part[first : first + size] for first in range(0, len(part), size)]
                continue
            set_aside(part[0], error)
        advanced = True
        done(part[-1])


def _attempt(
    conn: Connection, compute: Callable[[Sequence[Item]], None], items: Sequence[Item]
) -> psycopg.Error | None:
    """Compute items in one transaction; return an error that is of one of them."""
    try:
        with _batch(conn):
            metrics.limit_statements(conn, seconds=STATEMENT_S)
            compute(items)
    except psycopg.Error as error:
        if not _is_of_record(error):
            raise
        return error
    return None


def _compute_marked(conn: Connection, work: Work, run: _Run) -> None:
    workspace = work.workspace
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
    _compute_errands(conn, workspace, ids, run, marks=marks)


def _compute_errands(
    conn: Connection,
    workspace: str,
    ids: Sequence[int],
    run: _Run,
    *,
    marks: Collection[Mark] = (),
    done: Callable[[int], object] = lambda _: None,
) -> None:
    """Compute the figures of errands, and delete their marks."""

    def own(part: Collection[int]) -> list[Mark]:
        found = frozenset(part)
        return [one for one in marks if one.kind == ERRAND and one.record_id in found]

    def compute(part: Sequence[int]) -> None:
        metrics_due.delete(conn, workspace, own(part))
        _compute_figures(conn, workspace, part)

    def set_aside(errand_id: int, error: psycopg.Error) -> None:
        _set_aside(conn, workspace, errand_id, own([errand_id]), error)

    _compute_in_parts(conn, ids, compute, set_aside, run, done)


def _compute_figures(conn: Connection, workspace: str, ids: Sequence[int]) -> None:
    """Compute the figures of errands; mark the days that they reach."""
    day_tables.mark_days_of_reports(conn, workspace, ids)
    day_tables.mark_days_of_events(conn, workspace, ids)
    counted = day_tables.counted_errands(conn, workspace, ids)
    before, after = metrics.compute(conn, workspace, ids)
    day_tables.mark_days_of_events(conn, workspace, ids)
    days = changed_days(counted, day_tables.counted_errands(conn, workspace, ids))
    day_tables.mark_days(conn, workspace, days)
    if stretches := changed_stretches(before, after):
        backlog.mark_stretches(conn, workspace, stretches)
    metrics_problems.renew(conn, workspace, ids)


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


def _continue_everything(conn: Connection, work: Work, run: _Run) -> None:
    """Compute the next errands of a computation of everything; at its end, all days are due."""
    workspace = work.workspace
    progress = metrics_progress.read(conn, workspace)
    if progress is None:
        return
    ids = metrics_progress.next_errands(conn, workspace, progress, limit=BATCH)
    if ids:
        record = partial(metrics_progress.set_after, conn, workspace, progress)
        _compute_errands(conn, workspace, ids, run, done=record)
        return
    with _batch(conn):
        if metrics_progress.set_after(conn, workspace, progress, None):
            backlog.mark_known_days(conn, workspace, since=progress.since)
            day_tables.mark_all(conn, workspace, since=progress.since)


def _compute_backlog(conn: Connection, work: Work, run: _Run) -> None:
    """Compute the backlog of the first days that are due."""
    workspace = work.workspace
    with _batch(conn):
        backlog.mark_new_days(conn, workspace)

    def compute(days: Sequence[backlog.DueDay]) -> None:
        backlog.compute(conn, workspace, days)

    def postpone(day: backlog.DueDay, error: psycopg.Error) -> None:
        due = DueDay(kept="backlog_day", day=day.day.isoformat())
        _postpone_day(conn, workspace, due, error)

    days = backlog.due_days(conn, workspace, days=DAYS)
    _compute_in_parts(conn, days, compute, postpone, run)


def _compute_names(conn: Connection, work: Work, run: _Run) -> None:
    """Compute the log-ons of names that have been due the longest."""
    workspace = work.workspace
    with _batch(conn):
        day_tables.mark_moving_names(conn, workspace)

    def compute(names: Sequence[str]) -> None:
        day_tables.compute_names(conn, workspace, names)

    def postpone(name: str, error: psycopg.Error) -> None:
        log.warning(
            "log-ons of a name cannot be computed, and wait",
            workspace=workspace,
            error=permanent_errors.name(error),
        )
        with _batch(conn):
            day_tables.postpone_name(conn, workspace, name)

    names = day_tables.due_names(conn, workspace, limit=NAMES)
    _compute_in_parts(conn, names, compute, postpone, run)


def _compute_tables(conn: Connection, work: Work, run: _Run) -> None:
    """Compute the days of tables that have been due the longest.

    While errands are computed, days wait a little, as the next batch may reach them again, and
    take no more than their share of the time.
    """
    workspace, began_s = work.workspace, time.monotonic()
    waited_s = DAY_WAITS_S if work.marked or work.everything else 0.0
    if waited_s and began_s < run.tables_from_s.get(workspace, 0.0):
        return

    def compute(days: Sequence[DueDay]) -> None:
        day_tables.compute_days(conn, workspace, days)

    def postpone(day: DueDay, error: psycopg.Error) -> None:
        _postpone_day(conn, workspace, day, error)

    days = day_tables.due_days(conn, workspace, limit=TABLE_DAYS, waited_s=waited_s)
    _compute_in_parts(conn, days, compute, postpone, run)
    ended_s = time.monotonic()
    run.tables_from_s[workspace] = ended_s + TABLES_REST * (ended_s - began_s)


def _postpone_day(conn: Connection, workspace: str, due: DueDay, error: psycopg.Error) -> None:
    """Have a day that failed wait, longer each time."""
    where = {"workspace": workspace, "table": due.kept, "day": due.day}
    log.warning("day cannot be computed, and waits", **where, error=permanent_errors.name(error))
    with _batch(conn):
        day_tables.postpone_day(conn, workspace, due)
