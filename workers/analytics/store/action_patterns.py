"""Patterns that classify the notes of actions, and the notes that none knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


class ActionKind(StrEnum):
    """What a note means; ``IGNORED``: no event."""

    ARRIVED = "arrived"
    OPENED = "opened"
    ASSIGNED = "assigned"
    TRANSFERRED = "transferred"
    FORWARDED = "forwarded"
    ANSWERED = "answered"
    COMMENTED = "commented"
    TAGGED = "tagged"
    RATED = "rated"
    CLOSED = "closed"
    REOPENED = "reopened"
    DELETED = "deleted"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPattern:
    """A pattern: ``%`` stands for any text, ``_`` for one character."""

    workspace: str  # "*" for all
    pattern: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownNote:
    """Notes of one shape that no pattern knows."""

    note: str  # # for numbers, (agent) for the agent's name
    actions: int
    last_at: datetime | None


def patterns(conn: Connection, workspace: str) -> list[ActionPattern]:
    """Return the patterns of a workspace, in the order in which they count."""
    with conn.cursor(row_factory=class_row(ActionPattern)) as cursor:
        return cursor.execute(SQL["patterns"], {"workspace": workspace}).fetchall()


def set_pattern(conn: Connection, workspace: str, pattern: str, kind: ActionKind) -> None:
    """Write a pattern of a workspace, or one more kind of it: a note may mean several events."""
    parameters = {"workspace": workspace, "pattern": pattern, "kind": kind}
    conn.execute(SQL["set_pattern"], parameters)


def remove_pattern(conn: Connection, workspace: str, pattern: str) -> bool:
    """Delete a pattern of a workspace; return whether there was one."""
    parameters = {"workspace": workspace, "pattern": pattern}
    return bool(conn.execute(SQL["remove_pattern"], parameters).fetchall())


def unknown_notes(conn: Connection, workspace: str, *, limit: int) -> list[UnknownNote]:
    """Return the notes that no pattern knows, the most frequent first."""
    with conn.cursor(row_factory=class_row(UnknownNote)) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["unknown_notes"], parameters).fetchall()
