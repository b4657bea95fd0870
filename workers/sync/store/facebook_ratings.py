"""The table of Facebook ratings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from schemas.cention.facebook_ratings import FacebookRating
from workers.database import Connection, queries
from workers.database.records import Fetched, as_json
from workers.sync.store import recently_gone

SQL = queries.load(__name__)


def save(
    conn: Connection,
    workspace: str,
    ratings: Sequence[Fetched[FacebookRating]],
    *,
    rewrite: bool = False,
) -> None:
    """Write ratings; one older than what is stored changes nothing.

    With ``rewrite``, as the newest stored documents, they also change a rating that is gone.
    """
    conn.execute(
        SQL["save_facebook_ratings"],
        {"workspace": workspace, "ratings": as_json(ratings), "rewrite": rewrite},
    )


def mark_gone(conn: Connection, workspace: str, ids: Sequence[int], *, at: datetime) -> None:
    """Mark ratings as gone: Cention has no such rating any more."""
    conn.execute(
        SQL["mark_facebook_ratings_gone"], {"workspace": workspace, "ids": list(ids), "at": at}
    )


recently_gone_ids = partial(recently_gone.ids, SQL["recently_gone_facebook_ratings"])
"""``recently_gone.ids`` for ratings."""
