"""Workspaces whose surveys are held, and vendors that are paused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

from workers.database import queries

SQL = queries.load(__name__)

RESTORED = "the database was restored: invitations may be missing in it"


def hold_if_restored(conn: Connection[Any]) -> bool:
    """Hold all workspaces if another server, timeline or table was last; return whether it is so.

    Both are committed or neither: the mark without the hold would say that all is well.
    """
    with conn.transaction():
        if not conn.execute(SQL["take_restore_mark"]).fetchall():
            return False
        conn.execute(SQL["hold_all"], {"reason": RESTORED})
    return True


def hold(conn: Connection[Any], workspace: str, *, reason: str) -> bool:
    """Hold the surveys of a workspace; return ``False`` if they are held already."""
    parameters = {"workspace": workspace, "reason": reason}
    return bool(conn.execute(SQL["hold"], parameters).fetchall())


def hold_as_restored(conn: Connection[Any], workspace: str) -> None:
    """Hold the surveys of a workspace because invitations may be missing, also if they are held."""
    conn.execute(SQL["hold_as_restored"], {"workspace": workspace, "reason": RESTORED})


def resume(conn: Connection[Any], workspace: str) -> str | None:
    """End a hold; return why surveys were held, ``None`` if they were not."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["resume"], {"workspace": workspace}).fetchone()


def held(conn: Connection[Any], workspace: str) -> str | None:
    """Return why the surveys of a workspace are held; ``None`` if they are not."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["held"], {"workspace": workspace}).fetchone()


def paused_vendors(conn: Connection[Any], workspace: str, *, now: datetime) -> list[str]:
    """Return the vendors that are not asked at present."""
    parameters = {"workspace": workspace, "now": now}
    return [row[0] for row in conn.execute(SQL["paused_vendors"], parameters).fetchall()]
