"""Scans every text of every table, a few pages at a time, and updates rows.

The tables come from the catalogue, so that tables of later migrations are scanned as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import sql
from psycopg.rows import class_row, scalar_row
from psycopg.types.json import Jsonb

from workers.database import Connection, queries

SQL = queries.load(__name__)

PAGES = 64  # per scan
MARKS = "\u00ad\u200b\u200c\u200d\u2060\ufeff"  # characters that do not show
# Tags, the same characters as entities, and soft line breaks as they are or as JSON has them.
UNSEEN = (
    r"<[^<>]*>"
    r"|&(?:amp;)*(?:shy|zwnj|zwj|ZeroWidthSpace|NoBreak|#173|#8203|#8204|#8205|#8288|#65279"
    r"|#xad|#x200[bcd]|#x2060|#xfeff);"
    r"|=(?:\r|\\r)?(?:\n|\\n)"
)
# Without what does not show is slow, so it is tried only where the letters come in order.
MAY_MENTION: LiteralString = """
    concat_ws(' ', {columns}) ILIKE ANY (%(words)s::text[])
    OR (concat_ws(' ', {columns}) ILIKE ANY (%(letters)s::text[])
        AND regexp_replace(
            translate(concat_ws(' ', {columns}), %(marks)s, ''), %(unseen)s, '', 'gi')
            ILIKE ANY (%(words)s::text[]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchableTable:
    """A table, and its columns of texts or documents."""

    schema: str
    table: str
    columns: list[str]

    @property
    def name(self) -> str:
        """The name of the table, with its schema."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRow:
    """A row that may match."""

    ctid: str  # until the row is changed
    row: dict[str, Any]
    erased: bool  # it belongs to a record whose writer was erased


_WITH_ERASED: Mapping[str, LiteralString] = {
    "intake.landed": SQL["landed_that_may_mention"],
    "intake.callback": SQL["callbacks_that_may_mention"],
}


def searchable_tables(conn: Connection) -> list[SearchableTable]:
    """Return every table with texts or documents outside its key."""
    with conn.cursor(row_factory=class_row(SearchableTable)) as cursor:
        return cursor.execute(SQL["searchable_tables"]).fetchall()


def pages(conn: Connection, table: SearchableTable) -> int:
    """Return how many pages a table has now."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"table": table.name}
        return int(cursor.execute(SQL["pages"], parameters).fetchall()[0])


def scan_pages(
    conn: Connection, table: SearchableTable, *, first: int, words: list[list[str]], lock: bool
) -> list[CandidateRow]:
    """Return the rows on ``PAGES`` pages from ``first`` that have some words, in order.

    ``words`` are in ASCII; one list is enough. They are found also with what does not show between
    their letters: invisible characters, tags, soft line breaks.

    Landed documents and callbacks of erased records are returned as well. ``lock`` locks the rows
    until commit.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    query = sql.SQL(_WITH_ERASED.get(table.name, SQL["rows_that_may_mention"])).format(
        table=sql.Identifier(table.schema, table.table),
        may_mention=sql.SQL(MAY_MENTION).format(columns=columns),
        lock=sql.SQL("FOR UPDATE" if lock else ""),
    )
    with conn.cursor(row_factory=class_row(CandidateRow)) as cursor:
        parameters = {
            "first": first,
            "end": first + PAGES,
            "words": [f"%{'%'.join(some)}%" for some in words],
            "letters": [f"%{'%'.join(''.join(some))}%" for some in words],
            "marks": MARKS,
            "unseen": UNSEEN,
        }
        return cursor.execute(query, parameters).fetchall()


def write(conn: Connection, table: SearchableTable, ctid: str, changed: Mapping[str, Any]) -> None:
    """Update columns of a locked row."""
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
    conn.execute(query, {**values, "ctid": ctid})
