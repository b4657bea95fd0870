"""The durable inbox: every callback is stored here before it is acknowledged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from psycopg.rows import class_row, scalar_row

from workers.database import Connection, json_text, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCallback:
    """A received callback, its secret already removed."""

    workspace: str
    received_at: datetime  # aware
    event: int | None
    remote_id: int | None  # data.id
    body_sha256: bytes  # of the canonical form: repeats have the same
    document: dict[str, Any]
    problem: str | None  # why it cannot be filed; None if it can


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCallback:
    """A stored callback as an operator sees it."""

    callback_id: int
    workspace: str
    received_at: datetime
    event: int | None
    remote_id: int | None
    filed_at: datetime | None
    problem: str | None
    dismissed_at: datetime | None
    document: dict[str, Any] | None  # None: retention has deleted it


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfiledCallback:
    """A stored callback that was not filed yet."""

    callback_id: int
    received_at: datetime
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedCallback:
    """A stored callback that was filed, or has a problem."""

    callback_id: int
    received_at: datetime
    document: dict[str, Any]
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackLine:
    """One line of the list of callbacks that operators see."""

    callback_id: int
    workspace: str
    received_at: datetime
    event: int | None
    remote_id: int | None
    filed_at: datetime | None
    problem: str | None
    errand: str | None  # its id as the document has it


def insert(conn: Connection, callbacks: Sequence[NewCallback], *, own_clock: bool = True) -> None:
    """Insert callbacks; one that is stored already stays as it is.

    Times of this machine's clock are stored by that of the database, others (``own_clock`` is
    false) as they are; all at most as now.
    """
    rows = [
        {
            "workspace": callback.workspace,
            "received_at": callback.received_at,
            "event": callback.event,
            "remote_id": callback.remote_id,
            "body_sha256": callback.body_sha256.hex(),
            "document": orjson.Fragment(json_text.storable(callback.document)[1]),
            "problem": callback.problem,
        }
        for callback in callbacks
    ]
    sent_at = datetime.now(UTC) if own_clock else None
    conn.execute(
        SQL["insert_callbacks"], {"callbacks": orjson.dumps(rows).decode(), "sent_at": sent_at}
    )


def lock_unfiled(conn: Connection, workspace: str, *, limit: int) -> list[UnfiledCallback]:
    """Return unfiled callbacks, oldest first, locked until commit."""
    with conn.cursor(row_factory=class_row(UnfiledCallback)) as cursor:
        cursor.execute(SQL["lock_unfiled_callbacks"], {"workspace": workspace, "limit": limit})
        return cursor.fetchall()


def mark_filed(conn: Connection, callback_ids: Sequence[int]) -> None:
    """Mark callbacks as filed."""
    conn.execute(SQL["mark_callbacks_filed"], {"ids": list(callback_ids)})


def mark_problem(conn: Connection, callback_id: int, problem: str) -> None:
    """Record why a callback cannot be filed; it waits until an operator replays it."""
    conn.execute(SQL["mark_callback_problem"], {"callback_id": callback_id, "problem": problem})


def unfiled_workspaces(conn: Connection) -> list[str]:
    """Return the workspaces that have unfiled callbacks."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["unfiled_workspaces"]).fetchall()


def replay(conn: Connection, callback_ids: Sequence[int]) -> dict[int, str]:
    """Mark callbacks as unfiled; return the workspace of each whose document is stored."""
    return dict(conn.execute(SQL["replay_callbacks"], {"ids": list(callback_ids)}).fetchall())


def dismiss(conn: Connection, callback_ids: Sequence[int]) -> list[int]:
    """Count those of these callbacks that have a problem as filed; return their numbers."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["dismiss_callbacks"], {"ids": list(callback_ids)}).fetchall()


def read(conn: Connection, callback_id: int) -> StoredCallback | None:
    """Return one callback with its document."""
    with conn.cursor(row_factory=class_row(StoredCallback)) as cursor:
        return cursor.execute(SQL["read_callback"], {"id": callback_id}).fetchone()


def with_problem(conn: Connection, workspace: str | None) -> list[int]:
    """Return the numbers of the callbacks with a problem, of one workspace or of all."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["problem_callbacks"], {"workspace": workspace}).fetchall()


def problem_count(conn: Connection, workspace: str | None) -> int:
    """Return how many callbacks have a problem, of one workspace or of all."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["problem_count"], {"workspace": workspace}).fetchone() or 0)


def listed(
    conn: Connection, *, problems_only: bool, limit: int, workspace: str | None = None
) -> list[CallbackLine]:
    """Return the newest callbacks, or the newest with a problem, of one workspace or of all."""
    parameters = {"problems_only": problems_only, "limit": limit, "workspace": workspace}
    with conn.cursor(row_factory=class_row(CallbackLine)) as cursor:
        return cursor.execute(SQL["list_callbacks"], parameters).fetchall()


def count(conn: Connection, workspace: str) -> int:
    """Return how many callbacks of a workspace were filed or have a problem."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["count_callbacks"], {"workspace": workspace}).fetchall()[0])


def lock_after(
    conn: Connection, workspace: str, *, after: int, limit: int
) -> list[ProcessedCallback]:
    """Return the next callbacks that were filed or have a problem, locked until commit."""
    parameters = {"workspace": workspace, "after": after, "limit": limit}
    with conn.cursor(row_factory=class_row(ProcessedCallback)) as cursor:
        return cursor.execute(SQL["lock_callbacks_after"], parameters).fetchall()


def record_filing_results(conn: Connection, problems: Mapping[int, str | None]) -> None:
    """Record the results of filing callbacks again: the problem of each, ``None`` if filed."""
    parameters = {"ids": list(problems), "problems": list(problems.values())}
    conn.execute(SQL["record_filing_results"], parameters)
