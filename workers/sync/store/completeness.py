"""What Cention reported, and what became of it: noted with each report, counted by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row, scalar_row

from workers.config.names import Family
from workers.database import Connection, queries

SQL = queries.load(__name__)

KEEP_DAYS = 30  # ids of what was reported; counts stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was reported on one day, each record once, and what became of it."""

    workspace: str
    family: str
    day: date  # in the workspace's time zone
    reported: int  # the sum of the others
    stored: int
    pending: int
    parked: int
    unreadable: int  # kept and making no sense, or refused
    gone: int
    missing: int  # nowhere: always 0, or something was lost
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRecord:
    """A record that was reported and is nowhere."""

    workspace: str
    family: Family
    remote_id: int


def record_reported(conn: Connection, workspace: str, family: Family, ids: Iterable[int]) -> None:
    """Note that Cention reported records, in the transaction that has put them on the list.

    Those that wait on the list already, and are noted, cost no write.
    """
    unique = sorted(set(ids))
    if unique:
        parameters = {"workspace": workspace, "family": family, "ids": unique}
        conn.execute(SQL["record_reported"], parameters)


def lock_counting(conn: Connection) -> None:
    """Wait until nobody else counts; nobody will until the transaction ends."""
    conn.execute(SQL["lock_counting"])


def counted_within(conn: Connection, seconds: float) -> bool:
    """Tell whether somebody has counted in the last ``seconds``."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["counted_within"], {"seconds": seconds}).fetchone())


def count(conn: Connection, *, everything: bool) -> None:
    """Count every day anew; without ``everything`` those over and all at home are left out."""
    conn.execute(SQL["count_days"], {"everything": everything})


def missing(conn: Connection, workspace: str | None) -> list[MissingRecord]:
    """Return what was missing when last counted and still is, of one workspace or of all."""
    found = conn.execute(SQL["missing_records"], {"workspace": workspace}).fetchall()
    return [
        MissingRecord(workspace=w, family=Family(f), remote_id=remote_id)
        for w, f, remote_id in found
    ]


def days(conn: Connection, workspace: str | None) -> list[Day]:
    """Return the last 30 days, and every earlier one that is not all at home."""
    parameters = {"workspace": workspace, "keep_days": KEEP_DAYS}
    with conn.cursor(row_factory=class_row(Day)) as cursor:
        return cursor.execute(SQL["list_days"], parameters).fetchall()


def delete_old(conn: Connection) -> None:
    """Drop the ids of days longer ago than 30 days whose records are all at home."""
    conn.execute(SQL["delete_old_reports"], {"keep_days": KEEP_DAYS})
