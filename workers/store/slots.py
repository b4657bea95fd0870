"""Places for concurrent work, held by Postgres advisory locks: a crash frees its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

from workers.store import queries

SQL = queries.load("slots")


@contextmanager
def held(conn: Connection[Any], name: str, *, places: int) -> Iterator[int | None]:
    """Hold one of ``places`` places called ``name``; yields its number from 0, or ``None``.

    The place belongs to the connection's session, not to a transaction: the connection
    must be in autocommit mode, and must not be shared through a transaction-level pooler.
    """
    slot = next((n for n in range(places) if _try_lock(conn, f"{name}/{n}")), None)
    try:
        yield slot
    finally:
        if slot is not None and not conn.closed:
            conn.execute(SQL["unlock"], {"name": f"{name}/{slot}"})


def _try_lock(conn: Connection[Any], name: str) -> bool:
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["try_lock"], {"name": name}).fetchone())
