"""Facebook ratings, at rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

from schemas.cention.facebook_ratings import FacebookRating
from workers.store import queries
from workers.store.records import Fetched, as_json

SQL = queries.load("facebook_ratings")


def save(
    conn: Connection[Any],
    workspace: str,
    ratings: Sequence[Fetched[FacebookRating]],
    *,
    anew: bool = False,
) -> None:
    """Write ratings; one older than what is stored changes nothing.

    ``anew``: these are the last ever fetched, so they hold for a rating that is gone as well.
    """
    conn.execute(
        SQL["save_facebook_ratings"],
        {"workspace": workspace, "ratings": as_json(ratings), "anew": anew},
    )


def mark_gone(conn: Connection[Any], workspace: str, ids: Sequence[int], *, at: datetime) -> None:
    """Note that Cention knows these ratings no more."""
    conn.execute(
        SQL["mark_facebook_ratings_gone"], {"workspace": workspace, "ids": list(ids), "at": at}
    )


def resting(
    conn: Connection[Any],
    workspace: str,
    ids: Sequence[int],
    *,
    shortest_s: float,
    longest_s: float,
) -> set[int]:
    """Return those that were gone when last looked at, and need no other look yet.

    Each rests for as long as it had been gone then, but not for less or more than told.
    """
    parameters = {
        "workspace": workspace,
        "ids": list(ids),
        "shortest_s": shortest_s,
        "longest_s": longest_s,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute(SQL["facebook_ratings_resting"], parameters).fetchall())
