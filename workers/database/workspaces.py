"""Stores the configured workspaces."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg.rows import scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


def save(conn: Connection, timezones: Mapping[str, str], *, poll_every_s: int) -> list[str]:
    """Save workspaces, their IANA time zones and the polling interval.

    Return the names of those that changed.
    """
    parameters = {
        "names": list(timezones),
        "timezones": list(timezones.values()),
        "poll_every_s": poll_every_s,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["save_workspaces"], parameters).fetchall()
