"""One errand: what is known of it, what happened to it, its answers and their files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from workers.config.names import Family
from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandDetails:
    """One errand, as Cention last reported it."""

    errand_id: int
    display_id: str | None
    thread_id: int | None
    subject: str | None = field(repr=False)
    from_name: str | None = field(repr=False)
    from_address: str | None = field(repr=False)
    to_text: str | None = field(repr=False)
    arrived_at: datetime | None
    answered_at: datetime | None
    done_at: datetime | None
    gone_at: datetime | None
    fetched_at: datetime
    within_sla: bool | None
    response_time_s: int | None
    handling_time_s: int | None
    priority: str | None
    state: str  # gone, deleted, closed, answered or open
    area: str | None
    agent: str | None
    service: str | None
    organisation: str | None
    tags: list[str]
    has_body: bool
    answer_body: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to an errand."""

    happened_at: datetime | None
    kind: str  # action, answer, version or invitation
    detail: str | None = field(repr=False)
    person: str | None  # agent of an action, vendor of an invitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to an errand, from a callback."""

    answer_id: int
    response_id: int
    subject: str | None = field(repr=False)
    body_text: str | None = field(repr=False)
    has_html: bool
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFile:
    """A file of an answer, without its content."""

    kind: str
    attachment_id: int
    name: str | None = field(repr=False)
    content_type: str | None
    size_bytes: int | None
    state: str  # wanted, stored, gone or refused


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A stored file."""

    name: str | None = field(repr=False)
    content_type: str | None
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """How the report of an errand stands that is to be fetched."""

    wanted_at: datetime
    due_at: datetime
    claimed: bool | None
    parked_at: datetime | None
    last_error: str | None


def read(conn: Connection, workspace: str, errand_id: int) -> ErrandDetails | None:
    """Return one errand, or ``None`` if it is not in the database."""
    with conn.cursor(row_factory=class_row(ErrandDetails)) as cursor:
        return cursor.execute(SQL["errand"], _key(workspace, errand_id)).fetchone()


def events(conn: Connection, workspace: str, errand_id: int) -> list[Event]:
    """Return the newest 500 things that happened to an errand, newest first."""
    with conn.cursor(row_factory=class_row(Event)) as cursor:
        return cursor.execute(SQL["events"], _key(workspace, errand_id)).fetchall()


def answers(conn: Connection, workspace: str, errand_id: int) -> list[Answer]:
    """Return the answers to an errand, oldest first."""
    with conn.cursor(row_factory=class_row(Answer)) as cursor:
        return cursor.execute(SQL["answers"], _key(workspace, errand_id)).fetchall()


def files(conn: Connection, workspace: str, errand_id: int) -> list[AnswerFile]:
    """Return the files of the answers to an errand."""
    with conn.cursor(row_factory=class_row(AnswerFile)) as cursor:
        return cursor.execute(SQL["files"], _key(workspace, errand_id)).fetchall()


def file(
    conn: Connection, workspace: str, errand_id: int, kind: str, attachment_id: int
) -> FileContent | None:
    """Return a stored file of an answer to this errand, or ``None``."""
    parameters = _key(workspace, errand_id) | {"kind": kind, "attachment_id": attachment_id}
    with conn.cursor(row_factory=class_row(FileContent)) as cursor:
        return cursor.execute(SQL["file"], parameters).fetchone()


def body_html(conn: Connection, workspace: str, errand_id: int) -> str | None:
    """Return the HTML of an errand. It is whatever the writer has sent."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["body"], _key(workspace, errand_id)).fetchone()


def answer_html(
    conn: Connection, workspace: str, errand_id: int, answer_id: int, response_id: int
) -> str | None:
    """Return the HTML of an answer to an errand."""
    key = {"answer_id": answer_id, "response_id": response_id}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["answer_body"], _key(workspace, errand_id) | key).fetchone()


def awaited(conn: Connection, workspace: str, errand_id: int) -> Awaited | None:
    """Return how the report stands on the list of wanted records; ``None``: it is not there."""
    parameters = _key(workspace, errand_id) | {"family": Family.ERRAND_REPORTS}
    with conn.cursor(row_factory=class_row(Awaited)) as cursor:
        return cursor.execute(SQL["awaited"], parameters).fetchone()


def _key(workspace: str, errand_id: int) -> dict[str, object]:
    return {"workspace": workspace, "errand_id": errand_id}
