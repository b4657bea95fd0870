"""How often workers have done what, over all machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


class Kind(StrEnum):
    """What is counted."""

    TASK = "task"
    FETCH = "fetch"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCount:
    """How often something was done, and for how many seconds together."""

    kind: str
    workspace: str  # empty if a task concerns all
    name: str
    outcome: str
    number: int
    seconds: float = 0.0


def add(conn: Connection, counts: Sequence[WorkCount]) -> None:
    """Add to the stored counts; each key occurs once in ``counts``."""
    conn.execute(
        SQL["add_work"],
        {
            "kinds": [one.kind for one in counts],
            "workspaces": [one.workspace for one in counts],
            "names": [one.name for one in counts],
            "outcomes": [one.outcome for one in counts],
            "numbers": [one.number for one in counts],
            "seconds": [one.seconds for one in counts],
        },
    )


def stored(conn: Connection) -> list[WorkCount]:
    """Return every count."""
    with conn.cursor(row_factory=class_row(WorkCount)) as cursor:
        return cursor.execute(SQL["work"]).fetchall()
