"""How many decisions and answers there were, without reading their tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from workers.database import queries

SQL = queries.load(__name__)

DECISION = "decision"
MOST_ROWS = 1_000  # of the table of counts; they are read by each scrape of /metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A count of one workspace since its first survey."""

    workspace: str
    what: str  # decision or answer
    reason: str | None  # of decisions; invite: the customer was to be invited
    number: float


def totals(conn: Connection[Any]) -> list[Total]:
    """Return the counts of every workspace."""
    with conn.cursor(row_factory=class_row(Total)) as cursor:
        return cursor.execute(SQL["totals"]).fetchall()


def add_up(conn: Connection[Any], *, most: int = MOST_ROWS) -> None:
    """Add up the rows of each count if there are more than ``most`` of all."""
    conn.execute(SQL["add_up"], {"most": most})
