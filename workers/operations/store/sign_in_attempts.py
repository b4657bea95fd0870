"""Sign-ins that failed, by the address they came from; all processes of the web face count here."""

from __future__ import annotations

from psycopg.rows import scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


def begin(conn: Connection, address: str) -> int:
    """Count an attempt, and return its number. ``conn`` is in autocommit mode."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["begin"], {"address": address}).fetchall()[0])


def recent(conn: Connection, address: str) -> int:
    """Return the attempts of an address in the last minute."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["recent"], {"address": address}).fetchall()[0])


def forget(conn: Connection, attempt_id: int) -> None:
    """Count an attempt no longer."""
    conn.execute(SQL["forget"], {"attempt_id": attempt_id})
