"""Figures of errands: deleted and computed again from their history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg.rows import class_row, scalar_row

from workers.analytics.rules.open_spans import OpenSpan
from workers.database import Connection, queries

SQL = queries.load(__name__)


def limit_statements(conn: Connection, *, seconds: int) -> None:
    """End each statement of this transaction that takes longer."""
    conn.execute(SQL["limit_statements"], {"timeout": f"{seconds}s"})


def limit_locks(conn: Connection, *, seconds: int) -> None:
    """End each statement of this transaction that waits longer for a lock."""
    conn.execute(SQL["limit_locks"], {"timeout": f"{seconds}s"})


def compute(
    conn: Connection, workspace: str, ids: Sequence[int]
) -> tuple[list[OpenSpan], list[OpenSpan]]:
    """Compute the figures of errands in one transaction; those that are not stored have none.

    Return when they were open, as it was known before and as it is now.
    """
    parameters: dict[str, Any] = {"workspace": workspace, "ids": list(ids)}
    with conn.transaction():
        conn.execute(SQL["delete_metrics"], parameters)
        conn.execute(SQL["delete_responses"], parameters)
        conn.execute(SQL["delete_reopenings"], parameters)
        before = _spans(conn, SQL["delete_spans"], parameters)
        after = _spans(conn, SQL["insert_figures"], parameters)
        _compute_repeat_contacts(conn, parameters)
    return before, after


def _spans(conn: Connection, query: LiteralString, parameters: dict[str, Any]) -> list[OpenSpan]:
    with conn.cursor(row_factory=class_row(OpenSpan)) as cursor:
        return cursor.execute(query, parameters).fetchall()


def _compute_repeat_contacts(conn: Connection, parameters: dict[str, Any]) -> None:
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(SQL["repeat_neighbours"], parameters).fetchall()
    parameters = {**parameters, "ids": found}
    conn.execute(SQL["delete_repeat_contacts"], parameters)
    conn.execute(SQL["insert_repeat_contacts"], parameters)
