"""The newest document of each record as it was fetched, whether or not it could be parsed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, scalar_row

from workers.config.names import Family
from workers.database import Connection, json_text, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """One document to be inserted."""

    remote_id: int
    document: str  # JSON text
    fetched_at: datetime
    problem: str | None  # why it cannot be parsed; None if it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """One stored document."""

    remote_id: int
    document: dict[str, Any]
    fetched_at: datetime
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableLine:
    """One line of the list of documents that cannot be parsed."""

    workspace: str
    family: str
    remote_id: int | None  # None for a row of the log-ons
    fetched_at: datetime
    problem: str


def parsed_within(conn: Connection, workspace: str, family: Family, *, seconds: float) -> bool:
    """Return whether any document of a family was parsed in the last ``seconds``."""
    parameters = {"workspace": workspace, "family": family, "seconds": seconds}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["parsed_within"], parameters).fetchone())


def insert(conn: Connection, workspace: str, family: Family, landings: Sequence[Landing]) -> None:
    """Insert documents, or replace older ones of the same records."""
    conn.execute(
        SQL["insert_documents"],
        {
            "workspace": workspace,
            "family": family,
            "ids": [landing.remote_id for landing in landings],
            "documents": json_text.array(landing.document for landing in landings),
            "fetched_at": [landing.fetched_at for landing in landings],
            "problems": [landing.problem for landing in landings],
        },
    )


def lock_after(
    conn: Connection, workspace: str, family: Family, *, after: int, limit: int
) -> list[Landed]:
    """Return the next documents by id, locked until commit."""
    parameters = {"workspace": workspace, "family": family, "after": after, "limit": limit}
    with conn.cursor(row_factory=class_row(Landed)) as cursor:
        return cursor.execute(SQL["lock_documents_after"], parameters).fetchall()


def record_parse_results(
    conn: Connection, workspace: str, family: Family, problems: Mapping[int, str | None]
) -> None:
    """Record the results of parsing documents again: the problem of each, ``None`` if parsed."""
    conn.execute(
        SQL["record_parse_results"],
        {
            "workspace": workspace,
            "family": family,
            "ids": list(problems),
            "problems": list(problems.values()),
        },
    )


def count(conn: Connection, workspace: str, family: Family) -> int:
    """Return how many documents of a family are stored."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "family": family}
        return int(cursor.execute(SQL["count_documents"], parameters).fetchall()[0])


def newest(conn: Connection, workspace: str, family: Family, *, limit: int) -> list[dict[str, Any]]:
    """Return the most recently fetched documents of a family."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "family": family, "limit": limit}
        return cursor.execute(SQL["newest_documents"], parameters).fetchall()


def unreadable(
    conn: Connection, workspace: str | None, *, limit: int | None = None
) -> list[UnreadableLine]:
    """Return documents that cannot be parsed, of one workspace or of all; the first, or all."""
    with conn.cursor(row_factory=class_row(UnreadableLine)) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["unreadable_documents"], parameters).fetchall()


def unreadable_count(conn: Connection, workspace: str | None) -> int:
    """Return how many documents cannot be parsed, of one workspace or of all."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(
            cursor.execute(SQL["unreadable_count"], {"workspace": workspace}).fetchone() or 0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A stored document as an operator sees it."""

    workspace: str
    family: str
    remote_id: int
    fetched_at: datetime
    problem: str | None
    dismissed_at: datetime | None
    document: Any  # None: retention has deleted it


def read(conn: Connection, workspace: str, family: Family, remote_id: int) -> StoredDocument | None:
    """Return one document as received."""
    parameters = {"workspace": workspace, "family": family, "id": remote_id}
    with conn.cursor(row_factory=class_row(StoredDocument)) as cursor:
        return cursor.execute(SQL["read_document"], parameters).fetchone()


def dismiss(conn: Connection, workspace: str, family: Family, ids: Sequence[int]) -> list[int]:
    """Stop showing those of these documents that cannot be parsed; return their ids."""
    parameters = {"workspace": workspace, "family": family, "ids": list(ids)}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["dismiss_documents"], parameters).fetchall()
