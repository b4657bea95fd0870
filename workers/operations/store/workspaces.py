"""The stored workspaces: what each has, and how all its rows are deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql
from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries
from workers.privacy.store import attachment_blobs
from workers.privacy.store.attachment_blobs import AttachmentKey

SQL = queries.load(__name__)

CONTENTS_AT_ONCE = 500  # each is locked until commit


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWorkspace:
    """A workspace in the database; it may be missing in the settings."""

    workspace: str
    address: str | None  # host and path at Cention
    timezone: str
    errands: int
    polled_at: datetime | None  # the last poll that succeeded


def listed(conn: Connection) -> list[StoredWorkspace]:
    """Return every stored workspace."""
    with conn.cursor(row_factory=class_row(StoredWorkspace)) as cursor:
        return cursor.execute(SQL["listed"]).fetchall()


def counts(conn: Connection, workspace: str) -> dict[str, int]:
    """Return how many rows of ``workspace`` each table has, without those that have none."""
    found = {table: _count(conn, table, workspace) for table in _tables(conn)}
    return {table: rows for table, rows in found.items() if rows}


def delete(conn: Connection, workspace: str) -> int:
    """Delete every row of ``workspace`` and return their number, without contents of attachments.

    ``conn`` is in autocommit mode. An interrupted deletion may be repeated.
    """
    with conn.cursor(row_factory=class_row(AttachmentKey)) as cursor:
        parameters = {"workspace": workspace, "limit": CONTENTS_AT_ONCE}
        while found := cursor.execute(SQL["contents"], parameters).fetchall():
            with conn.transaction():
                attachment_blobs.remove(conn, found, reason="forgotten", names=True)
    with conn.transaction():
        conn.execute(SQL["allow_long_statements"])
        return sum(_delete(conn, table, workspace) for table in _tables(conn))


def _tables(conn: Connection) -> list[str]:
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["tables"]).fetchall()


def _count(conn: Connection, table: str, workspace: str) -> int:
    with conn.cursor(row_factory=scalar_row) as cursor:
        query = sql.SQL(SQL["count_rows"]).format(table=_identifier(table))
        rows: int = cursor.execute(query, {"workspace": workspace}).fetchall()[0]
        return rows


def _delete(conn: Connection, table: str, workspace: str) -> int:
    query = sql.SQL(SQL["delete_rows"]).format(table=_identifier(table))
    return conn.execute(query, {"workspace": workspace}).rowcount


def _identifier(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
