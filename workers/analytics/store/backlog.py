"""The backlog at the end of each day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from workers.analytics.rules.open_spans import Stretch
from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """A day whose backlog is to be computed."""

    day: date
    is_new: bool  # it was never computed


def mark_stretches(conn: Connection, workspace: str, stretches: Collection[Stretch]) -> None:
    """Mark the days at whose end something else was open; of those that have a backlog."""
    parameters = {
        "workspace": workspace,
        "from_at": [one.from_at for one in stretches],
        "to_at": [one.to_at for one in stretches],
    }
    conn.execute(SQL["mark_stretches"], parameters)


def mark_known_days(conn: Connection, workspace: str, *, since: date | None) -> None:
    """Mark all days that have a backlog, or those from ``since`` on."""
    conn.execute(SQL["mark_known_days"], {"workspace": workspace, "since": since})


def mark_new_days(conn: Connection, workspace: str) -> None:
    """Mark the days that have ended since the last one that was marked."""
    conn.execute(SQL["mark_new_days"], {"workspace": workspace})


def due_days(conn: Connection, workspace: str, *, days: int) -> list[DueDay]:
    """Return the first day that is due, and those that are due less than ``days`` later."""
    with conn.cursor(row_factory=class_row(DueDay)) as cursor:
        parameters = {"workspace": workspace, "days": days}
        return cursor.execute(SQL["due_days"], parameters).fetchall()


def compute(conn: Connection, workspace: str, days: Sequence[DueDay]) -> None:
    """Compute the backlog of days, which are due no more. One that has not changed stays."""
    parameters = {
        "workspace": workspace,
        "days": [one.day for one in days],
        "new": [one.is_new for one in days],
    }
    conn.execute(SQL["replace_days"], parameters)
    conn.execute(SQL["delete_due_days"], parameters)
