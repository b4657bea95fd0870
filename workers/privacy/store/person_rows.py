"""All that is held of given records, as rows in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

from workers.database import queries
from workers.privacy.store.erased import Key

SQL = queries.load(__name__)

Row = tuple[str, dict[str, Any]]
"""Name of a table, with its schema, and one row."""


def of_errands(conn: Connection[Any], errands: Iterable[Key]) -> list[Row]:
    """Return every row of errands: history, answers, attachments, documents."""
    return conn.execute(SQL["rows_of_errands"], _keys(errands)).fetchall()


def of_ratings(conn: Connection[Any], ratings: Iterable[Key]) -> list[Row]:
    """Return every row of Facebook ratings."""
    return conn.execute(SQL["rows_of_ratings"], _keys(ratings)).fetchall()


def content(conn: Connection[Any], sha256: bytes) -> bytes | None:
    """Return one content; ``None`` if it is here no more."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["content"], {"sha256": sha256}).fetchone()


def _keys(keys: Iterable[Key]) -> dict[str, Any]:
    ordered = sorted(keys)
    return {"workspaces": [w for w, _ in ordered], "ids": [i for _, i in ordered]}
