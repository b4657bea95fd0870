"""Fills the tables of days as the bridge does, but all at once and in the caller's transaction."""

from __future__ import annotations

from workers.analytics.store import day_tables
from workers.database import Connection

ALL = 100_000


def compute_day_tables(conn: Connection, workspace: str = "demo") -> None:
    """Compute every day and login name."""
    day_tables.mark_all(conn, workspace, since=None)
    names = day_tables.due_names(conn, workspace, limit=ALL)
    day_tables.compute_names(conn, workspace, names)
    day_tables.compute_days(conn, workspace, day_tables.due_days(conn, workspace, limit=ALL))
