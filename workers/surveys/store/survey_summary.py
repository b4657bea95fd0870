"""What surveys came to in all workspaces: who was invited, who answered, and the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySummary:
    """How many customers were invited, how many answered, and the score."""

    invited: int  # or may have been: the outcome is unknown
    answered: int
    nps_scores: int
    nps: float | None  # of all scores, -100 to 100; None without a score


def survey_summary(conn: Connection[Any]) -> SurveySummary:
    """Return the summary for the status line of ``make run``."""
    with conn.cursor(row_factory=class_row(SurveySummary)) as cursor:
        return cursor.execute(SQL["survey_summary"]).fetchall()[0]
