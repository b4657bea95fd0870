"""What people did in the web face: who, what, when, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorAction:
    """One thing that somebody did. It says nothing about customers."""

    happened_at: datetime
    person: str
    kind: str
    workspace: str | None
    object: str | None  # a family and a number
    outcome: str


def record(
    conn: Connection,
    person: str,
    kind: str,
    outcome: str,
    *,
    workspace: str | None = None,
    of: str | None = None,
) -> None:
    """Record what ``person`` did, with the object ``of`` it. The caller owns the transaction."""
    parameters = {
        "person": person,
        "kind": kind,
        "workspace": workspace,
        "object": of,
        "outcome": outcome,
    }
    conn.execute(SQL["record"], parameters)


def latest(
    conn: Connection, *, workspace: str | None = None, of: str | None = None, limit: int
) -> list[OperatorAction]:
    """Return the newest actions first; with ``of``, those of that object of ``workspace``."""
    parameters = {"workspace": workspace, "object": of, "limit": limit}
    with conn.cursor(row_factory=class_row(OperatorAction)) as cursor:
        return cursor.execute(SQL["latest"], parameters).fetchall()


def latest_of_kinds(conn: Connection, kinds: Sequence[str], *, limit: int) -> list[OperatorAction]:
    """Return the newest actions of some kinds first."""
    parameters = {"request_kinds": list(kinds), "limit": limit}
    with conn.cursor(row_factory=class_row(OperatorAction)) as cursor:
        return cursor.execute(SQL["latest_of_kinds"], parameters).fetchall()
