"""The workspaces that are mirrored, at rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

from workers.store import queries

SQL = queries.load("workspaces")


def save(conn: Connection[Any], timezones: Mapping[str, str]) -> list[str]:
    """Write workspaces and their IANA zones; return the names of those that were not so already."""
    parameters = {"names": list(timezones), "timezones": list(timezones.values())}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["save_workspaces"], parameters).fetchall()
