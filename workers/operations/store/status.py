"""State of the bridge: counts and ages, for the terminal, for metrics, for operators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from workers.config.names import Family, Mirror
from workers.database import Connection, queries
from workers.mirrors.store import mirrors
from workers.mirrors.store.mirrors import MirrorStatus

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
class Gauge:
    """One sample for Prometheus."""

    name: str
    help: str
    labels: dict[str, str]
    value: float


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
    received_today: int  # in the last 24 hours
    unfiled: int
    problems: int
    oldest_unfiled_s: float | None
    last_received_at: datetime | None


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


def gauges(conn: Connection) -> list[Gauge]:
    """Return the samples that Prometheus reads from the database."""
    return [
        *(gauge for family in families(conn) for gauge in _of_family(family)),
        *(gauge for mirror in mirrors.statuses(conn) for gauge in _of_mirror(mirror)),
        *(gauge for inbox in inboxes(conn) for gauge in _of_inbox(inbox)),
        *(_of_queue(queue) for queue in queues(conn)),
        *(_of_unknown(workspace, count) for workspace, count in unknown_outcomes(conn).items()),
    ]


def _of_family(family: FamilyStatus) -> Iterator[Gauge]:
    labels = {"workspace": family.workspace, "family": family.family}
    for name, text, value in (
        ("wanted", "Records on the list of records to fetch", family.wanted),
        ("wanted_due", "Records that may be fetched now", family.due),
        ("wanted_parked", "Records parked until an operator releases them", family.parked),
        ("unreadable", "Stored documents that could not be read", family.unreadable),
        ("wanted_oldest_seconds", "Age of the oldest record that waits", family.oldest_wait_s),
        (
            "missing",
            "Reported records that are neither stored nor listed",
            family.missing,
        ),
        ("paused", "1 while Cention refuses the family", family.paused_until is not None),
    ):
        yield Gauge(name=f"cention_{name}", help=text, labels=labels, value=float(value or 0))


def _of_mirror(mirror: MirrorStatus) -> Iterator[Gauge]:
    labels = {"workspace": mirror.workspace, "family": mirror.mirror}
    for name, text, value in (
        ("unreadable", "Stored documents that could not be read", mirror.odd),
        ("paused", "1 while Cention refuses the family", mirror.paused_until is not None),
        ("late", "1 if a mirror was not refreshed in time", mirror.late),
    ):
        yield Gauge(name=f"cention_{name}", help=text, labels=labels, value=float(value))


def _of_inbox(inbox: InboxStatus) -> Iterator[Gauge]:
    labels = {"workspace": inbox.workspace}
    for name, text, value in (
        ("unfiled", "Callbacks that are not filed yet", inbox.unfiled),
        ("problems", "Callbacks that could not be filed", inbox.problems),
        (
            "oldest_unfiled_seconds",
            "Age of the oldest unfiled callback",
            inbox.oldest_unfiled_s,
        ),
    ):
        name = f"cention_callbacks_{name}"
        yield Gauge(name=name, help=text, labels=labels, value=float(value or 0))


def _of_queue(queue: QueueStatus) -> Gauge:
    return Gauge(
        name="cention_queue_silent_seconds",
        help="Time since a worker last answered on the queue",
        labels={"queue": queue.queue},
        value=float("inf") if queue.silent_s is None else queue.silent_s,
    )


def _of_unknown(workspace: str, count: int) -> Gauge:
    return Gauge(
        name="cention_sent_unknown",
        help="Requests with an unknown outcome at Cention",
        labels={"workspace": workspace},
        value=float(count),
    )
