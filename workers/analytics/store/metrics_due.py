"""Marks of what changed: taken, kept until the figures are computed, and progress of everything."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.rows import scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


def take(conn: Connection, *, limit: int) -> int:
    """Claim the oldest marks, and return their number; committed by the caller."""
    return len(conn.execute(SQL["take_marks"], {"limit": limit}).fetchall())


def newest_transaction(conn: Connection) -> str:
    """Return the number of the next transaction."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return str(cursor.execute(SQL["newest_transaction"]).fetchone())


def have_ended(conn: Connection, transaction: str) -> bool:
    """Return whether all writing transactions with lower numbers have ended."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute(SQL["have_ended"], {"transaction": transaction}).fetchone()
    return bool(found)


def claimed_errands(conn: Connection, *, limit: int) -> list[tuple[str, list[int]]]:
    """Return workspaces with errands that are claimed."""
    return conn.execute(SQL["claimed_errands"], {"limit": limit}).fetchall()


def delete_claims(conn: Connection, workspace: str, ids: Sequence[int]) -> None:
    """Delete the claims of errands whose figures were computed in this transaction."""
    conn.execute(SQL["delete_claims"], {"workspace": workspace, "ids": list(ids)})


def begin_what_is_general(conn: Connection) -> None:
    """Begin to compute everything of new workspaces, and where a zone, hours or patterns changed.

    All claims but those of errands are deleted, in the same transaction.
    """
    with conn.transaction():
        conn.execute(SQL["restart"])
        conn.execute(SQL["delete_other_claims"])


def rebuild(conn: Connection, workspace: str) -> None:
    """Begin to compute everything of a workspace."""
    conn.execute(SQL["rebuild"], {"workspace": workspace})


def unfinished(conn: Connection) -> tuple[str, int] | None:
    """Return a workspace of which everything is being computed, and the last errand done."""
    return conn.execute(SQL["unfinished"]).fetchone()


def next_errands(conn: Connection, workspace: str, after: int, *, limit: int) -> list[int]:
    """Return the ids of the errands after one."""
    parameters = {"workspace": workspace, "after": after, "limit": limit}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["next_errands"], parameters).fetchall()


def set_progress(conn: Connection, workspace: str, after: int | None) -> None:
    """Record the last errand that is done; ``None``: all are."""
    conn.execute(SQL["set_progress"], {"workspace": workspace, "after": after})
