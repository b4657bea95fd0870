"""Records that are gone from Cention, which keeps listing them as changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

from psycopg.rows import scalar_row

from workers.database import Connection


def ids(
    query: LiteralString,
    conn: Connection,
    workspace: str,
    remote_ids: Sequence[int],
    /,
    *,
    min_s: float,
    max_s: float,
) -> set[int]:
    """Return the ``remote_ids`` that were gone when last fetched and need no fetch yet.

    ``query`` reads their table. Each waits for as long as it had been gone at its last fetch, from
    ``min_s`` to ``max_s`` seconds.
    """
    parameters = {
        "workspace": workspace,
        "ids": list(remote_ids),
        "min_s": min_s,
        "max_s": max_s,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(query, parameters).fetchall())
