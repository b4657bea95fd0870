"""What of the figures is to be computed, and how far a computation of everything is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)

ALL = "*"  # marks of what concerns all workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is to be computed for a workspace."""

    workspace: str
    marked: bool  # something has changed
    everything: bool  # a computation of everything is under way
    days: bool  # days of the backlog are due
    tables: bool  # days of tables of figures are due, or login names


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a computation of everything is."""

    after_id: int  # the last errand that is done
    since: date | None  # what was over before this day is left out
    began_at: datetime


def work(conn: Connection) -> list[Work]:
    """Return the workspaces for which something is to be computed, and ``*``."""
    with conn.cursor(row_factory=class_row(Work)) as cursor:
        return cursor.execute(SQL["work"]).fetchall()


def begin_new(conn: Connection) -> None:
    """Begin to compute everything of workspaces of which nothing is computed yet."""
    conn.execute(SQL["begin_new"])


def begin(conn: Connection, workspace: str, *, since: date | None = None) -> None:
    """Begin to compute everything of a workspace, or of all (``*``), from the first errand on.

    ``since``: leave out errands that neither arrived nor were fetched on this day or later, and
    the backlog of days before. If everything is being computed already, nothing is left out.
    """
    conn.execute(SQL["begin"], {"workspace": workspace, "since": since})


def read(conn: Connection, workspace: str) -> Progress | None:
    """Return how far the computation of everything is; ``None`` if none is under way."""
    with conn.cursor(row_factory=class_row(Progress)) as cursor:
        return cursor.execute(SQL["progress"], {"workspace": workspace}).fetchone()


def next_errands(conn: Connection, workspace: str, progress: Progress, *, limit: int) -> list[int]:
    """Return the ids of the errands that follow."""
    parameters = {
        "workspace": workspace,
        "after": progress.after_id,
        "since": progress.since,
        "limit": limit,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["next_errands"], parameters).fetchall()


def set_after(conn: Connection, workspace: str, progress: Progress, after_id: int | None) -> bool:
    """Record the last errand that is done; ``None``: all are.

    Return ``False``, with nothing recorded, if the computation was begun anew meanwhile.
    """
    parameters = {"workspace": workspace, "began_at": progress.began_at, "after_id": after_id}
    return conn.execute(SQL["set_after"], parameters).rowcount == 1
