"""Closings and ends of calls that were sent; and requests whose command died."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries
from workers.outbound.store.sent_errands import UnknownRequest

SQL = queries.load(__name__)

CLOSING, CALL_END, ERRAND = "sent_closing", "sent_call_end", "sent_errand"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastClosing:
    """A closing that was not refused."""

    sent_id: int
    state: str
    sent_at: datetime


def lock_closing(conn: Connection, workspace: str, errand_id: int) -> None:
    """Lock the closing of an errand until the end of the transaction."""
    conn.execute(SQL["lock_closing"], {"workspace": workspace, "errand_id": errand_id})


def begin_closing(
    conn: Connection,
    workspace: str,
    errand_id: int,
    *,
    user_type: str,
    user_id: str,
    sent_by: UUID,
) -> int:
    """Record a closing before it is sent; return its number."""
    parameters = {
        "workspace": workspace,
        "errand_id": errand_id,
        "user_type": user_type,
        "user_id": user_id,
        "sent_by": sent_by,
    }
    return _begin(conn, SQL["begin_closing"], parameters)


def last_closing(conn: Connection, workspace: str, errand_id: int) -> LastClosing | None:
    """Return the last closing of an errand that was not refused, if there is one."""
    with conn.cursor(row_factory=class_row(LastClosing)) as cursor:
        parameters = {"workspace": workspace, "errand_id": errand_id}
        return cursor.execute(SQL["last_closing"], parameters).fetchone()


def begin_call_end(
    conn: Connection,
    workspace: str,
    *,
    integration_name: str,
    device_id: int,
    extension_id: int,
    dialed_number: str | None,
    sent_by: UUID,
) -> int:
    """Record the end of a call before it is sent; return its number."""
    parameters = {
        "workspace": workspace,
        "integration_name": integration_name,
        "device_id": device_id,
        "extension_id": extension_id,
        "dialed_number": dialed_number,
        "sent_by": sent_by,
    }
    return _begin(conn, SQL["begin_call_end"], parameters)


def settle(
    conn: Connection,
    table: str,
    workspace: str,
    sent_id: int,
    *,
    sent_by: UUID,
    state: str,
    problem: str | None = None,
) -> None:
    """Record the outcome of a closing or of the end of a call."""
    conn.execute(
        sql.SQL(SQL["settle"]).format(table=sql.Identifier("cention", table)),
        {
            "workspace": workspace,
            "sent_id": sent_id,
            "sent_by": sent_by,
            "state": state,
            "problem": problem,
        },
    )


def resolve(conn: Connection, workspace: str, sent_id: int, *, happened: bool) -> bool:
    """Record an outcome that an operator found out; return ``False`` if none was unknown."""
    parameters = {"workspace": workspace, "sent_id": sent_id, "happened": happened}
    return any(
        conn.execute(
            sql.SQL(SQL["resolve"]).format(table=sql.Identifier("cention", table)), parameters
        ).fetchall()
        for table in (CLOSING, CALL_END)
    )


def senders(conn: Connection) -> list[UUID]:
    """Return the runs of commands that have requests in flight, or that died."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["senders"]).fetchall()


def mark_unknown(conn: Connection, sent_by: UUID) -> None:
    """Mark the requests that a dead run was sending as of unknown outcome."""
    for table in (ERRAND, CLOSING, CALL_END):
        conn.execute(
            sql.SQL(SQL["mark_unknown"]).format(table=sql.Identifier("cention", table)),
            {"sent_by": sent_by},
        )


def unknown(conn: Connection, workspace: str | None) -> list[UnknownRequest]:
    """Return the closings and ends of calls of unknown outcome."""
    with conn.cursor(row_factory=class_row(UnknownRequest)) as cursor:
        parameters = {"workspace": workspace}
        closings = cursor.execute(SQL["unknown_closings"], parameters).fetchall()
        return closings + cursor.execute(SQL["unknown_call_ends"], parameters).fetchall()


def _begin(conn: Connection, query: LiteralString, parameters: dict[str, Any]) -> int:
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(query, parameters).fetchall()[0])
