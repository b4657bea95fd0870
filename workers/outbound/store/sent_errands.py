"""Errands that were sent to be created."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An errand that is about to be sent."""

    message_sha256: bytes
    content_sha256: bytes
    message_id: str
    answered: bool
    origin: str
    from_address: str = field(repr=False)
    from_name: str = field(repr=False)
    subject: str = field(repr=False)
    attachment_count: int
    attachment_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SentErrand:
    """A message that was sent before."""

    sent_id: int
    state: str
    errand_id: int | None
    content_sha256: bytes | None
    sent_at: datetime
    origin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownRequest:
    """A request of unknown outcome."""

    workspace: str
    sent_id: int
    kind: str  # create, close, end call
    sent_at: datetime
    problem: str | None
    origin: str | None
    about: str
    looks_like: int | None  # the errand that it may have become


def begin(conn: Connection, workspace: str, intent: Intent, *, sent_by: UUID) -> int | None:
    """Record an intent; return its number, ``None`` if it was sent before and was not refused."""
    parameters = {"workspace": workspace, "sent_by": sent_by, **asdict(intent)}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["begin_errand"], parameters).fetchone()


def find(conn: Connection, workspace: str, message_sha256: bytes) -> SentErrand | None:
    """Return a message that was sent; ``None`` if it never was."""
    with conn.cursor(row_factory=class_row(SentErrand)) as cursor:
        parameters = {"workspace": workspace, "message_sha256": message_sha256}
        return cursor.execute(SQL["sent_errand"], parameters).fetchone()


def settle(
    conn: Connection,
    workspace: str,
    sent_id: int,
    *,
    sent_by: UUID,
    state: str,
    errand_id: int | None = None,
    problem: str | None = None,
) -> None:
    """Record the outcome of a request of the run ``sent_by``."""
    conn.execute(
        SQL["settle_errand"],
        {
            "workspace": workspace,
            "sent_id": sent_id,
            "sent_by": sent_by,
            "state": state,
            "errand_id": errand_id,
            "problem": problem,
        },
    )


def resolve(
    conn: Connection, workspace: str, sent_id: int, *, happened: bool, errand_id: int | None
) -> bool:
    """Record an outcome that an operator found out; return ``False`` if none was unknown."""
    parameters = {
        "workspace": workspace,
        "sent_id": sent_id,
        "happened": happened,
        "errand_id": errand_id,
    }
    return bool(conn.execute(SQL["resolve_errand"], parameters).fetchall())


def sent_as(conn: Connection, workspace: str, errand_id: int) -> int | None:
    """Return the number of the request that became an errand; ``None`` if none did."""
    parameters = {"workspace": workspace, "errand_id": errand_id}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["sent_as"], parameters).fetchone()


def unknown(conn: Connection, workspace: str | None) -> list[UnknownRequest]:
    """Return the creations of unknown outcome."""
    with conn.cursor(row_factory=class_row(UnknownRequest)) as cursor:
        return cursor.execute(SQL["unknown_errands"], {"workspace": workspace}).fetchall()
