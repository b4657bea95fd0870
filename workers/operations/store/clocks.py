"""Clocks of processes compared with the database's."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The clock of one process on one machine."""

    process: str
    host: str
    ahead_s: float  # of the database's clock; negative: behind it


def database_time(conn: Connection) -> float:
    """Return the seconds since 1970 by the database's clock."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return float(cursor.execute(SQL["database_time"]).fetchone() or 0)


def record(conn: Connection, clock: Clock) -> None:
    """Store how far a clock is ahead."""
    conn.execute(
        SQL["record_clock"],
        {"process": clock.process, "host": clock.host, "ahead_s": clock.ahead_s},
    )


def recent(conn: Connection) -> list[Clock]:
    """Return the clocks measured in the last ten minutes, the largest difference first."""
    with conn.cursor(row_factory=class_row(Clock)) as cursor:
        return cursor.execute(SQL["recent_clocks"]).fetchall()


def delete_old(conn: Connection) -> None:
    """Delete the clocks of processes that are gone."""
    conn.execute(SQL["delete_old_clocks"])
