"""Weekly reports by mail: due, being sent, sent, refused, skipped or of unknown outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)
DUE, SENDING, SENT, REFUSED, UNKNOWN = "due", "sending", "sent", "refused", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """A report that is to be sent now."""

    week: date  # its Monday
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsettledReport:
    """A report that is not sent, or perhaps."""

    workspace: str
    week: date  # its Monday
    state: str  # due, sending, refused or unknown
    due_at: datetime
    sent_at: datetime | None
    problem: str | None
    held: str | None  # why nothing is sent for this workspace; None if it is


def add_due(conn: Connection, workspace: str, week: date, *, due_at: datetime) -> None:
    """Record that a report is due, once."""
    parameters = {"workspace": workspace, "week": week, "due_at": due_at}
    conn.execute(SQL["add_due"], parameters)


def skip(conn: Connection, workspace: str, *, before: date) -> None:
    """Record that reports of weeks before this one are not sent, except by an operator's wish."""
    conn.execute(SQL["skip"], {"workspace": workspace, "week": before})


def due(conn: Connection, workspace: str, *, now: datetime) -> list[DueReport]:
    """Return the reports that are to be sent now, the oldest first; none while they are held."""
    parameters = {"workspace": workspace, "now": now}
    with conn.cursor(row_factory=class_row(DueReport)) as cursor:
        return cursor.execute(SQL["due"], parameters).fetchall()


def put_off(
    conn: Connection, workspace: str, week: date, *, problem: str, due_at: datetime, tries: int
) -> None:
    """Record why a report is not sent yet, and when to try again."""
    parameters = {
        "workspace": workspace,
        "week": week,
        "problem": problem,
        "due_at": due_at,
        "tries": tries,
    }
    conn.execute(SQL["put_off"], parameters)


def begin(conn: Connection, workspace: str, week: date, *, run: UUID) -> int | None:
    """Record that a run sends a report; return how often it was tried, with this time.

    ``None`` if it is not due any more.
    """
    parameters = {"workspace": workspace, "week": week, "run": run}
    row = conn.execute(SQL["begin"], parameters).fetchone()
    return row[0] if row else None


def settle(
    conn: Connection,
    workspace: str,
    week: date,
    *,
    run: UUID,
    state: str,
    problem: str | None,
    due_at: datetime | None = None,
) -> None:
    """Record the outcome of a run; ``due_at`` is when to try again."""
    parameters = {
        "workspace": workspace,
        "week": week,
        "run": run,
        "state": state,
        "problem": problem,
        "due_at": due_at,
    }
    conn.execute(SQL["settle"], parameters)


def mark_unknown(conn: Connection, workspace: str) -> None:
    """Record that the outcome of what a dead worker was sending is unknown."""
    conn.execute(SQL["mark_unknown"], {"workspace": workspace})


def unsettled(conn: Connection, workspace: str | None) -> list[UnsettledReport]:
    """Return the reports that are not sent, of one workspace or of all."""
    with conn.cursor(row_factory=class_row(UnsettledReport)) as cursor:
        return cursor.execute(SQL["unsettled"], {"workspace": workspace}).fetchall()


def resolve(conn: Connection, workspace: str, week: date, *, sent: bool) -> bool:
    """Record what an operator found out; return ``False`` if nothing was unknown or refused."""
    parameters = {"workspace": workspace, "week": week, "sent": sent}
    return bool(conn.execute(SQL["resolve"], parameters).fetchall())
