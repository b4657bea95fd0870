"""State of the bridge: counts and ages, for the command line and for metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from workers.config.names import Family, Mirror
from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """How many records are stored, and how many are wanted."""

    callbacks: int
    errands: int
    ratings: int
    attachments: int  # stored
    questions: int  # of the library; not gone
    logons: int
    exported: int  # errands in exports
    wanted: int
    oldest_wait_s: float | None  # by intake.waits_since; None if nothing waits


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyStatus:
    """State of one family of one workspace."""

    workspace: str
    family: str
    wanted: int
    due: int
    claimed: int
    parked: int
    unreadable: int
    oldest_wait_s: float | None  # by intake.waits_since; None if nothing waits
    last_poll_at: datetime | None
    last_poll_found: int | None
    last_poll_error: str | None
    last_good_poll_at: datetime | None  # the last that succeeded
    poll_late: bool  # by intake.is_late
    missing: int  # as last counted
    counted_at: datetime | None
    uncounted: bool  # by intake.is_uncounted
    last_stored_at: datetime | None
    paused_until: datetime | None
    paused_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxStatus:
    """State of the callbacks of one workspace."""

    workspace: str
    received_24h: int = field(metadata={"json": "received_today"})  # in the last 24 hours
    unfiled: int
    problems: int
    oldest_unfiled_s: float | None
    last_received_at: datetime | None
    silent: bool  # by intake.is_silent


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """Whether workers answer on one queue."""

    queue: str
    silent_s: float | None  # since the last answer; None if there never was one


def counters(conn: Connection) -> Counters:
    """Return the counts for the status line of ``make run``."""
    with conn.cursor(row_factory=class_row(Counters)) as cursor:
        return cursor.execute(SQL["counters"]).fetchall()[0]


def families(conn: Connection) -> list[FamilyStatus]:
    """Return every family with polls, records or pauses."""
    parameters = {"families": list(Family), "mirrors": list(Mirror)}
    with conn.cursor(row_factory=class_row(FamilyStatus)) as cursor:
        return cursor.execute(SQL["families"], parameters).fetchall()


def inboxes(conn: Connection) -> list[InboxStatus]:
    """Return the inbox of every workspace that is configured or has callbacks to file."""
    with conn.cursor(row_factory=class_row(InboxStatus)) as cursor:
        return cursor.execute(SQL["inboxes"]).fetchall()


def queues(conn: Connection) -> list[QueueStatus]:
    """Return every queue that a canary was sent through."""
    with conn.cursor(row_factory=class_row(QueueStatus)) as cursor:
        return cursor.execute(SQL["queues"]).fetchall()


def unknown_outcomes(conn: Connection) -> dict[str, int]:
    """Return the number of requests of unknown outcome, by workspace."""
    return dict(conn.execute(SQL["unknown_outcomes"]).fetchall())


def unsettled_reports(conn: Connection) -> dict[str, int]:
    """Return the number of weekly reports that were refused or may have been sent, by workspace."""
    return dict(conn.execute(SQL["unsettled_reports"]).fetchall())


def failed_polls(conn: Connection) -> list[str]:
    """Return the workspaces whose last poll of a list, or refresh of a mirror, failed."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"mirrors": list(Mirror)}
        return list(dict.fromkeys(cursor.execute(SQL["failed_polls"], parameters).fetchall()))


def backend(conn: Connection) -> int:
    """Return the process id of the server's end of this connection."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["backend"]).fetchall()[0])


def clock(conn: Connection) -> datetime:
    """Return the database's time, at the beginning of the transaction."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        moment: datetime = cursor.execute(SQL["clock"]).fetchall()[0]
        return moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """The database role of this connection."""

    current_user: str
    may_write: bool  # to the tables of workers


def role(conn: Connection) -> Role:
    """Return the role of this connection; the database must be migrated."""
    with conn.cursor(row_factory=class_row(Role)) as cursor:
        return cursor.execute(SQL["role"]).fetchall()[0]
