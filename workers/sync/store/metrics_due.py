"""Marks of errands whose figures change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from workers.database import Connection, queries

SQL = queries.load(__name__)


@contextmanager
def marked_together(conn: Connection, workspace: str, ids: Sequence[int]) -> Iterator[None]:
    """Mark errands at the end of the block in one statement, instead of one by one in triggers.

    A transaction is open. The block changes errands of these ids only.
    """
    conn.execute(SQL["mark_together"])
    yield
    conn.execute(SQL["mark_errands"], {"workspace": workspace, "ids": list(ids)})
