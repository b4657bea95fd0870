"""The data dictionary: every table, view and column with its comment in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column."""

    name: str
    type: str  # as PostgreSQL writes it
    nullable: bool  # always true in a view
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table or view."""

    schema: str
    name: str
    comment: str | None
    columns: tuple[Column, ...]


def tables(conn: Connection) -> tuple[Table, ...]:
    """Return every table and view of the bridge's schemas, those for analysts first."""
    with conn.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(SQL["columns"]).fetchall()
    by_table = groupby(rows, key=lambda row: (row.schema, row.name, row.comment))
    return tuple(
        Table(schema=schema, name=name, comment=comment, columns=tuple(_column(r) for r in found))
        for (schema, name, comment), found in by_table
    )


def as_markdown(tables: Sequence[Table]) -> str:
    """Return the dictionary as one Markdown document: a chapter a schema, a section a table."""
    return "\n".join(_document(tables)) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    schema: str
    name: str
    comment: str | None
    column_name: str
    column_type: str
    column_nullable: bool
    column_comment: str | None


def _column(row: _Row) -> Column:
    return Column(
        name=row.column_name,
        type=row.column_type,
        nullable=row.column_nullable,
        comment=row.column_comment,
    )


def _document(tables: Sequence[Table]) -> Iterator[str]:
    yield "# Data dictionary"
    for schema, members in groupby(tables, key=lambda table: table.schema):
        yield from ("", f"## {schema}")
        for table in members:
            yield from _section(table)


def _section(table: Table) -> Iterator[str]:
    yield from ("", f"### {table.schema}.{table.name}", "")
    if table.comment:
        yield from (_plain(table.comment), "")
    yield "| column | type | null | meaning |"
    yield "| --- | --- | --- | --- |"
    for column in table.columns:
        null = "yes" if column.nullable else "no"
        yield f"| `{column.name}` | {column.type} | {null} | {_plain(column.comment or '')} |"


def _plain(text: str) -> str:
    """Return a comment as the text of one cell, with Markdown escaped."""
    line = " ".join(text.split())
    for sign in "\\`*_<>[]|":
        line = line.replace(sign, f"\\{sign}")
    return line
