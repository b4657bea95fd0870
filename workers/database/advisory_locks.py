"""Slots for concurrent work, as Postgres advisory locks: a crash frees the slot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from psycopg.rows import scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@contextmanager
def hold(
    conn: Connection,
    name: str,
    *,
    slots: int,
    on_free: Callable[[int], object] = lambda slot: None,
) -> Iterator[int | None]:
    """Hold one of ``slots`` slots called ``name``; yields its number from 0, or ``None``
    if all are taken.

    ``on_free`` is called for every free slot while its lock is held: its previous holder has
    finished, or died. The lock belongs to the session: the connection must be in autocommit
    mode, and not behind a pooler that shares sessions.
    """
    held = None
    for slot in range(slots):
        if not _try_lock(conn, f"{name}/{slot}"):
            continue
        on_free(slot)
        if held is None:
            held = slot
        else:
            _unlock(conn, f"{name}/{slot}")
    try:
        yield held
    finally:
        if held is not None and not conn.closed:
            _unlock(conn, f"{name}/{held}")


def _try_lock(conn: Connection, name: str) -> bool:
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["try_lock"], {"name": name}).fetchone())


def _unlock(conn: Connection, name: str) -> None:
    conn.execute(SQL["unlock"], {"name": name})
