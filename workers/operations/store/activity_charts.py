"""What the bridge did in the last 24 hours, in steps of 10 minutes, for charts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityStep:
    """Ten minutes of the bridge; the last has fewer."""

    at: datetime  # its beginning
    minutes: float
    callbacks: int
    stored: int  # records
    oldest_wait_s: int | None  # the longest wait that was seen; None if nobody looked


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCount:
    """How many answers of one HTTP status Cention gave in ten minutes."""

    at: datetime
    status: str  # "none": no answer came
    number: int


def activity(conn: Connection, workspace: str | None) -> list[ActivityStep]:
    """Return the steps of the last 24 hours, oldest first; all of them, also quiet ones."""
    with conn.cursor(row_factory=class_row(ActivityStep)) as cursor:
        return cursor.execute(SQL["activity"], {"workspace": workspace}).fetchall()


def statuses(conn: Connection, workspace: str | None) -> list[StatusCount]:
    """Return Cention's answers by status, of the same steps, oldest first."""
    with conn.cursor(row_factory=class_row(StatusCount)) as cursor:
        return cursor.execute(SQL["statuses"], {"workspace": workspace}).fetchall()
