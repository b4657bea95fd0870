"""The records that Cention reported, day by day, and how many of them are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row, scalar_row

from workers.config.names import Family
from workers.database import Connection, queries

SQL = queries.load(__name__)

KEEP_DAYS = 30  # of the ids of reported records; their counts stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The records that were reported on one day, each once, by their state."""

    workspace: str
    family: str
    day: date  # in the workspace's time zone
    reported: int  # the sum of the others
    stored: int
    pending: int
    parked: int
    unreadable: int  # stored without rows, or refused
    gone: int
    missing: int  # in no state above: more than 0 means that records were lost
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRecord:
    """A record that was reported, and is neither stored nor wanted."""

    workspace: str
    family: Family
    remote_id: int


def record_reported(conn: Connection, workspace: str, family: Family, ids: Iterable[int]) -> None:
    """Record that Cention reported records. Belongs to the transaction that wants them.

    A record that is wanted and recorded already costs no write.
    """
    unique = sorted(set(ids))
    if unique:
        parameters = {"workspace": workspace, "family": family, "ids": unique}
        conn.execute(SQL["record_reported"], parameters)


def lock_counting(conn: Connection) -> None:
    """Wait for the lock on counting, and hold it until the transaction ends."""
    conn.execute(SQL["lock_counting"])


def counted_within(conn: Connection, seconds: float) -> bool:
    """Return whether any process has counted in the last ``seconds``."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["counted_within"], {"seconds": seconds}).fetchone())


def count(conn: Connection, *, everything: bool) -> None:
    """Count every day again; without ``everything`` only days that may have changed."""
    conn.execute(SQL["count_days"], {"everything": everything})


def missing(conn: Connection, workspace: str | None) -> list[MissingRecord]:
    """Return records missing at the last count and still, of one workspace or of all."""
    rows = conn.execute(SQL["missing_records"], {"workspace": workspace}).fetchall()
    return [
        MissingRecord(workspace=w, family=Family(f), remote_id=remote_id)
        for w, f, remote_id in rows
    ]


def days(conn: Connection, workspace: str | None) -> list[Day]:
    """Return the last 30 days, and every earlier one that is not complete."""
    parameters = {"workspace": workspace, "keep_days": KEEP_DAYS}
    with conn.cursor(row_factory=class_row(Day)) as cursor:
        return cursor.execute(SQL["list_days"], parameters).fetchall()


def delete_old(conn: Connection) -> None:
    """Delete the ids of days more than 30 days ago that are complete."""
    conn.execute(SQL["delete_old_reports"], {"keep_days": KEEP_DAYS})
