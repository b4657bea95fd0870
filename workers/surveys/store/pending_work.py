"""Which tasks of surveys have something to do, in all workspaces at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingWork:
    """Which tasks of surveys have something to do in a workspace."""

    workspace: str
    decide: bool
    invite: bool
    converse: bool
    alert: bool


def find(conn: Connection[Any], workspaces: Sequence[str]) -> list[PendingWork]:
    """Return what there is to do in each of these workspaces, in their order."""
    with conn.cursor(row_factory=class_row(PendingWork)) as cursor:
        return cursor.execute(SQL["pending_work"], {"workspaces": list(workspaces)}).fetchall()
