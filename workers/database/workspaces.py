"""The workspaces that are mirrored, at rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

from workers.database import queries

SQL = queries.load(__name__)


def save(conn: Connection[Any], timezones: Mapping[str, str], *, poll_every_s: int) -> list[str]:
    """Write workspaces, their IANA zones and the pace of polling.

    Return the names of those that were not so already.
    """
    parameters = {
        "names": list(timezones),
        "timezones": list(timezones.values()),
        "poll_every_s": poll_every_s,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["save_workspaces"], parameters).fetchall()
