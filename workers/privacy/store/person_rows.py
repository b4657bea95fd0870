"""All stored rows of given records, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg.rows import scalar_row

from workers.database import Connection, queries
from workers.privacy.store.erased import Key, key_arrays

SQL = queries.load(__name__)

Row = tuple[str, dict[str, Any]]
"""Table name with schema, and one row."""


def of_errands(conn: Connection, errands: Iterable[Key]) -> list[Row]:
    """Return every row of errands: history, answers, attachments, documents."""
    return conn.execute(SQL["rows_of_errands"], key_arrays(errands)).fetchall()


def of_ratings(conn: Connection, ratings: Iterable[Key]) -> list[Row]:
    """Return every row of Facebook ratings."""
    return conn.execute(SQL["rows_of_ratings"], key_arrays(ratings)).fetchall()


def content(conn: Connection, sha256: bytes) -> bytes | None:
    """Return one content; ``None`` if it is not stored."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["content"], {"sha256": sha256}).fetchone()
