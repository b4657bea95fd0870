"""Marks of what changed since figures were last computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)

ERRAND = "errand"
AGENT = "agent"  # its name, or its login names
LOGON_DAY = "agent_logon_day"
GENERAL = frozenset({"workspace", "action_pattern"})  # every figure depends on them


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A record that changed in one transaction."""

    kind: str
    record_id: int
    marked_in: str  # the transaction


def oldest(conn: Connection, workspace: str, *, limit: int) -> list[Mark]:
    """Return the oldest marks of a workspace, at most ``limit``; of ``*``: for all workspaces."""
    with conn.cursor(row_factory=class_row(Mark)) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["oldest_marks"], parameters).fetchall()


def delete(conn: Connection, workspace: str, marks: Iterable[Mark]) -> None:
    """Delete marks; what follows in the same transaction sees the changes that left them.

    Whoever changes something has a mark of their own, which nobody sees before the change.
    """
    found = list(marks)
    parameters = {
        "workspace": workspace,
        "kinds": [one.kind for one in found],
        "ids": [one.record_id for one in found],
        "marked_in": [one.marked_in for one in found],
    }
    conn.execute(SQL["delete_marks"], parameters)


def mark(conn: Connection, workspace: str, ids: Sequence[int]) -> None:
    """Mark errands, so that their figures are computed again."""
    conn.execute(SQL["mark_errands"], {"workspace": workspace, "ids": list(ids)})
