"""How far going back through exports has come: which days are done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Which export days are found by."""

    workspace: str
    preset_id: str
    by_closure: bool


def days(conn: Connection[Any], source: Source, *, first: date, last: date) -> set[date]:
    """Return the days from ``first`` to ``last`` that are done."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {**asdict(source), "first": first, "last": last}
        return set(cursor.execute(SQL["days_backfilled"], parameters).fetchall())


def note(conn: Connection[Any], source: Source, *, run_id: int, done: Iterable[date]) -> None:
    """Note that days are done."""
    parameters = {**asdict(source), "run_id": run_id, "days": list(done)}
    conn.execute(SQL["note_days_backfilled"], parameters)


def forget(conn: Connection[Any], source: Source, *, first: date, last: date) -> None:
    """Have the days from ``first`` to ``last`` done again."""
    conn.execute(SQL["forget_days_backfilled"], {**asdict(source), "first": first, "last": last})
