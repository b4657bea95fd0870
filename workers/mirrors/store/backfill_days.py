"""The days that a backfill has done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from psycopg.rows import scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The export by which days are backfilled."""

    workspace: str
    preset_id: str
    by_closure: bool


def days(conn: Connection, source: Source, *, first: date, last: date) -> set[date]:
    """Return the days from ``first`` to ``last`` that are done."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {**asdict(source), "first": first, "last": last}
        return set(cursor.execute(SQL["days_backfilled"], parameters).fetchall())


def record(conn: Connection, source: Source, *, run_id: int, done: Iterable[date]) -> None:
    """Record that days are done."""
    parameters = {**asdict(source), "run_id": run_id, "days": list(done)}
    conn.execute(SQL["record_days_backfilled"], parameters)


def forget(conn: Connection, source: Source, *, first: date, last: date) -> None:
    """Forget that the days from ``first`` to ``last`` are done."""
    conn.execute(SQL["forget_days_backfilled"], {**asdict(source), "first": first, "last": last})


def forget_early(
    conn: Connection, source: Source, *, first: date, done_ago: timedelta, changes_for: timedelta
) -> None:
    """Forget that days from ``first`` on are done whose records may have changed since.

    They were done at least ``done_ago`` ago, and less than ``changes_for`` after they began.
    """
    times = {
        "done_ago_s": done_ago.total_seconds(),
        "changes_for_s": changes_for.total_seconds(),
    }
    parameters = {**asdict(source), "first": first, **times}
    conn.execute(SQL["forget_days_backfilled_early"], parameters)
