"""Looking through every text of every table, a few pages at a time, and writing rows anew.

Tables that are added later are looked through as well: which there are, the database tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection, sql
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from workers.database import queries

SQL = queries.load(__name__)

PAGES = 64  # looked through at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A table, and its columns that hold texts or documents."""

    schema: str
    table: str
    columns: list[str]

    @property
    def name(self) -> str:
        """The name of the table, with its schema."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A row that may mention what is looked for."""

    place: str  # until it is changed
    row: dict[str, Any]
    erased: bool  # it is about a record whose writer was erased


_OWN: Mapping[str, LiteralString] = {
    "intake.landed": SQL["landed_that_may_mention"],
    "intake.callback": SQL["callbacks_that_may_mention"],
}


def texts(conn: Connection[Any]) -> list[Texts]:
    """Return every table with texts in columns beside its key."""
    with conn.cursor(row_factory=class_row(Texts)) as cursor:
        return cursor.execute(SQL["texts"]).fetchall()


def pages(conn: Connection[Any], table: Texts) -> int:
    """Return how many pages a table has now."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"table": table.name}
        return int(cursor.execute(SQL["pages"], parameters).fetchall()[0])


def on_pages(
    conn: Connection[Any], table: Texts, *, first: int, like: str, lock: bool
) -> list[Found]:
    """Return the rows on ``PAGES`` pages from ``first`` that may mention what is looked for.

    ``like`` is a pattern for ILIKE. ``lock`` locks the rows until commit.
    """
    query = sql.SQL(_OWN.get(table.name, SQL["rows_that_may_mention"])).format(
        table=sql.Identifier(table.schema, table.table),
        columns=sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        lock=sql.SQL("FOR UPDATE" if lock else ""),
    )
    with conn.cursor(row_factory=class_row(Found)) as cursor:
        parameters = {"first": first, "end": first + PAGES, "like": like}
        return cursor.execute(query, parameters).fetchall()


def write(conn: Connection[Any], table: Texts, place: str, changed: Mapping[str, Any]) -> None:
    """Write columns of a row that is locked."""
    query = sql.SQL(SQL["write_row"]).format(
        table=sql.Identifier(table.schema, table.table),
        changes=sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in changed
        ),
    )
    values = {
        name: Jsonb(value) if isinstance(value, dict | list) else value
        for name, value in changed.items()
    }
    conn.execute(query, {**values, "place": place})
