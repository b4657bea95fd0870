"""Records that are gone at Cention, which goes on listing them as changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import scalar_row


def ids(
    query: LiteralString,
    conn: Connection[Any],
    workspace: str,
    ids: Sequence[int],
    /,
    *,
    shortest_s: float,
    longest_s: float,
) -> set[int]:
    """Return those that were gone when last looked at, and need no other look yet.

    ``query`` looks into their table. Each rests for as long as it had been gone then, but not
    for less or more than told.
    """
    parameters = {
        "workspace": workspace,
        "ids": list(ids),
        "shortest_s": shortest_s,
        "longest_s": longest_s,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(query, parameters).fetchall())
