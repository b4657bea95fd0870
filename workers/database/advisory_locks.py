"""Locks for concurrent work, as Postgres advisory locks: a crash frees them.

They belong to the session: the connection must be in autocommit mode, and not behind a pooler that
shares sessions. None is left when its block ends, however it ends: a connection that cannot release
one is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from psycopg.rows import scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


class HeldLocks:
    """Locks that a session holds, by their names."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.names: list[str] = []

    def take(self, names: Sequence[str]) -> None:
        """Take those of these locks that no other session holds.

        A statement that fails, as when Postgres has no memory for more locks, may have taken some
        of them: then the connection is closed.
        """
        try:
            with self._conn.cursor(row_factory=scalar_row) as cursor:
                self.names += cursor.execute(SQL["try_locks"], {"names": list(names)}).fetchall()
        except BaseException:
            self._conn.close()
            raise

    def release(self, names: Sequence[str]) -> None:
        """Release these of the locks."""
        if names:
            self._conn.execute(SQL["unlock"], {"names": list(names)})
            self.names = [name for name in self.names if name not in names]

    def release_or_close(self) -> None:
        """Release all of the locks, or close the connection."""
        if self._conn.closed:
            return
        try:
            self.release(self.names)
        except BaseException:
            self._conn.close()
            raise


@contextmanager
def hold_free(conn: Connection, names: Sequence[str]) -> Iterator[HeldLocks]:
    """Hold those of these locks that no other session holds; none of them is waited for."""
    held = HeldLocks(conn)
    try:
        held.take(names)
        yield held
    finally:
        held.release_or_close()


@contextmanager
def hold(
    conn: Connection,
    name: str,
    *,
    slots: int,
    on_free: Callable[[Sequence[int]], object] = lambda slots: None,
) -> Iterator[int | None]:
    """Hold one of ``slots`` slots called ``name``; yields its number from 0, or ``None``
    if all are taken.

    ``on_free`` is called with all free slots, if there are any, while their locks are held: their
    previous holders have finished, or died.
    """
    numbers = {f"{name}/{slot}": slot for slot in range(slots)}
    with hold_free(conn, list(numbers)) as held:
        if free := [numbers[each] for each in held.names]:
            on_free(free)
        held.release(held.names[1:])
        yield free[0] if free else None
