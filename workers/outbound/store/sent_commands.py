"""Closings and ends of calls that we sent, at rest; and runs of commands that died over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import class_row, scalar_row

from workers.database import queries
from workers.outbound.store.sent_errands import Unknown

SQL = queries.load(__name__)

CLOSING, CALL_END, ERRAND = "sent_closing", "sent_call_end", "sent_errand"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastClosing:
    """A closing that was not refused."""

    sent_id: int
    state: str
    sent_at: datetime


def lock_closing(conn: Connection[Any], workspace: str, errand_id: int) -> None:
    """Be the only one who begins to close an errand, until the end of the transaction."""
    conn.execute(SQL["lock_closing"], {"workspace": workspace, "errand_id": errand_id})


def begin_closing(
    conn: Connection[Any],
    workspace: str,
    errand_id: int,
    *,
    user_type: str,
    user_id: str,
    sent_by: UUID,
) -> int:
    """Note that an errand is being closed; return its number."""
    parameters = {
        "workspace": workspace,
        "errand_id": errand_id,
        "user_type": user_type,
        "user_id": user_id,
        "sent_by": sent_by,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["begin_closing"], parameters).fetchall()[0])


def last_closing(conn: Connection[Any], workspace: str, errand_id: int) -> LastClosing | None:
    """Return the last closing of an errand that was not refused, if there is one."""
    with conn.cursor(row_factory=class_row(LastClosing)) as cursor:
        parameters = {"workspace": workspace, "errand_id": errand_id}
        return cursor.execute(SQL["last_closing"], parameters).fetchone()


def begin_call_end(
    conn: Connection[Any],
    workspace: str,
    *,
    integration_name: str,
    device_id: int,
    extension_id: int,
    dialed_number: str | None,
    sent_by: UUID,
) -> int:
    """Note that Cention is being told of the end of a call; return its number."""
    parameters = {
        "workspace": workspace,
        "integration_name": integration_name,
        "device_id": device_id,
        "extension_id": extension_id,
        "dialed_number": dialed_number,
        "sent_by": sent_by,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return int(cursor.execute(SQL["begin_call_end"], parameters).fetchall()[0])


def settle(
    conn: Connection[Any],
    table: str,
    workspace: str,
    sent_id: int,
    *,
    sent_by: UUID,
    state: str,
    problem: str | None = None,
) -> None:
    """Note the outcome of a closing or of the end of a call."""
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


def resolve(conn: Connection[Any], workspace: str, sent_id: int, *, happened: bool) -> bool:
    """Note what an operator found out; ``False`` if no such outcome is unknown."""
    parameters = {"workspace": workspace, "sent_id": sent_id, "happened": happened}
    return any(
        conn.execute(
            sql.SQL(SQL["resolve"]).format(table=sql.Identifier("cention", table)), parameters
        ).fetchall()
        for table in (CLOSING, CALL_END)
    )


def senders(conn: Connection[Any]) -> list[UUID]:
    """Return the runs of commands that have not settled everything they sent."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["senders"]).fetchall()


def abandon(conn: Connection[Any], sent_by: UUID) -> None:
    """Take what a dead run was sending for unknown."""
    for table in (ERRAND, CLOSING, CALL_END):
        conn.execute(
            sql.SQL(SQL["abandon"]).format(table=sql.Identifier("cention", table)),
            {"sent_by": sent_by},
        )


def unknown(conn: Connection[Any], workspace: str | None) -> list[Unknown]:
    """Return closings and ends of calls of which it is not known whether they were done."""
    with conn.cursor(row_factory=class_row(Unknown)) as cursor:
        parameters = {"workspace": workspace}
        closings = cursor.execute(SQL["unknown_closings"], parameters).fetchall()
        return closings + cursor.execute(SQL["unknown_call_ends"], parameters).fetchall()
