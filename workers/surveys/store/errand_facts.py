"""Reads what the judge needs to know of errands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from workers.database import queries
from workers.surveys.rules.errand_facts import ErrandFacts

SQL = queries.load(__name__)

BATCH = 20_000


def undecided(
    conn: Connection[Any],
    workspace: str,
    *,
    fetched_from: datetime,
    since: datetime,
    answered_until: datetime,
    closed: bool,
) -> list[int]:
    """Return errands without a decision that were answered until a moment or, if asked, closed.

    ``fetched_from`` bounds the search: nothing happens to an errand after its last report. Most of
    those to which nothing has happened ``since`` a moment are left out.
    """
    parameters = {
        "workspace": workspace,
        "fetched_from": fetched_from,
        "since": since,
        "answered_until": answered_until,
        "closed": closed,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["undecided"], parameters).fetchall()


def answered_or_closed(
    conn: Connection[Any], workspace: str, *, fetched_from: datetime
) -> list[int]:
    """Return errands that were answered or closed, decided or not."""
    parameters = {"workspace": workspace, "fetched_from": fetched_from}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["answered_or_closed"], parameters).fetchall()


def read(conn: Connection[Any], workspace: str, errand_ids: list[int]) -> Iterable[ErrandFacts]:
    """Yield the facts of errands; nothing for an errand that is not here."""
    for first in range(0, len(errand_ids), BATCH):
        parameters = {"workspace": workspace, "errand_ids": errand_ids[first : first + BATCH]}
        with conn.cursor(row_factory=class_row(ErrandFacts)) as cursor:
            yield from cursor.execute(SQL["errand_facts"], parameters)
