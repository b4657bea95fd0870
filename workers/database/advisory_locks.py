"""Places for concurrent work, held by Postgres advisory locks: a crash frees its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

from workers.database import queries

SQL = queries.load(__name__)


@contextmanager
def held(
    conn: Connection[Any],
    name: str,
    *,
    places: int,
    on_free: Callable[[int], object] = lambda slot: None,
) -> Iterator[int | None]:
    """Hold one of ``places`` places called ``name``; yields its number from 0, or ``None``.

    ``on_free`` is called for every place found free, while its lock is held: whoever held
    it before has finished, or died. The lock belongs to the session: the connection must be
    in autocommit mode, and not behind a pooler that shares sessions.
    """
    slot = None
    for place in range(places):
        if not _try_lock(conn, f"{name}/{place}"):
            continue
        on_free(place)
        if slot is None:
            slot = place
        else:
            _unlock(conn, f"{name}/{place}")
    try:
        yield slot
    finally:
        if slot is not None and not conn.closed:
            _unlock(conn, f"{name}/{slot}")


def _try_lock(conn: Connection[Any], name: str) -> bool:
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["try_lock"], {"name": name}).fetchone())


def _unlock(conn: Connection[Any], name: str) -> None:
    conn.execute(SQL["unlock"], {"name": name})
