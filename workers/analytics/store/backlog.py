"""The backlog at the end of each day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingDays:
    """Days of a workspace that are over and have no backlog yet."""

    workspace: str
    first: date
    last: date


def missing_days(conn: Connection) -> list[MissingDays]:
    """Return what is missing of each workspace of which not everything is being computed."""
    with conn.cursor(row_factory=class_row(MissingDays)) as cursor:
        return cursor.execute(SQL["days_to_come"]).fetchall()


def last_day(conn: Connection, workspace: str) -> tuple[date, ZoneInfo] | None:
    """Return the last day that has a backlog, and the zone of its days; ``None`` for none."""
    found = conn.execute(SQL["last_day"], {"workspace": workspace}).fetchone()
    return (found[0], ZoneInfo(found[1])) if found and found[0] else None


def compute(conn: Connection, workspace: str, days: Collection[date], *, corrected: bool) -> None:
    """Compute the backlog of days again; ``corrected``: they were over and known before."""
    parameters = {"workspace": workspace, "days": sorted(days), "corrected": corrected}
    conn.execute(SQL["delete_days"], parameters)
    conn.execute(SQL["insert_days"], parameters)


def set_last_day(conn: Connection, workspace: str, day: date) -> None:
    """Record the last day that has a backlog."""
    conn.execute(SQL["set_last_day"], {"workspace": workspace, "day": day})
