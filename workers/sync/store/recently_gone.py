"""Records that are gone at Cention, which goes on listing them as changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

from psycopg.rows import scalar_row

from workers.database import Connection


def ids(
    query: LiteralString,
    conn: Connection,
    workspace: str,
    ids: Sequence[int],
    /,
    *,
    min_s: float,
    max_s: float,
) -> set[int]:
    """Return those that were gone when last looked at, and need no other look yet.

    ``query`` looks into their table. Each rests for as long as it had been gone then, but not
    for less or more than told.
    """
    parameters = {
        "workspace": workspace,
        "ids": list(ids),
        "min_s": min_s,
        "max_s": max_s,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(query, parameters).fetchall())
