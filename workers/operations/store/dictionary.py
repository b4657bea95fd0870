"""The data dictionary: every table, view and column with its comment in the database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)

_KEY = re.compile(r"\bKey: (\w+(?:, \w+)*)\.")
_REFERENCE = re.compile(r"\bEach (\w+) is in (\w+)\.(\w+)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column."""

    name: str
    type: str  # as PostgreSQL writes it
    nullable: bool  # always true in a view
    comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Columns whose values are in another table, unless one of them is null."""

    columns: tuple[str, ...]
    to_schema: str
    to_name: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table or view."""

    schema: str
    name: str
    comment: str | None
    columns: tuple[Column, ...]
    is_view: bool = False
    keys: tuple[tuple[str, ...], ...] = ()  # columns that identify a row, the primary key first
    references: tuple[Reference, ...] = ()


def tables(conn: Connection) -> tuple[Table, ...]:
    """Return every table and view of the bridge's schemas, those for analysts first.

    Keys and references are those of constraints. Where there are none, as for views, they are those
    that the comment states: "Key: workspace, errand_id. Each errand_id is in cention.errand."
    """
    with conn.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(SQL["columns"]).fetchall()
    with conn.cursor(row_factory=class_row(_Constraint)) as constraints:
        found = constraints.execute(SQL["constraints"]).fetchall()
    return tuple(
        _table(list(members), [one for one in found if (one.schema, one.name) == name])
        for name, members in groupby(rows, key=lambda row: (row.schema, row.name))
    )


def as_markdown(tables: Sequence[Table]) -> str:
    """Return the dictionary as one Markdown document: a chapter a schema, a section a table."""
    return "\n".join(_document(tables)) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    schema: str
    name: str
    is_view: bool
    comment: str | None
    column_name: str
    column_type: str
    column_nullable: bool
    column_comment: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Constraint:
    schema: str
    name: str
    is_reference: bool
    columns: list[str]
    to_schema: str | None
    to_name: str | None
    to_columns: list[str] | None


def _table(rows: Sequence[_Row], constraints: Sequence[_Constraint]) -> Table:
    first = rows[0]
    comment = first.comment or ""
    stated = [tuple(key.split(", ")) for key in _KEY.findall(comment)]
    return Table(
        schema=first.schema,
        name=first.name,
        comment=first.comment,
        columns=tuple(map(_column, rows)),
        is_view=first.is_view,
        keys=(*(tuple(one.columns) for one in constraints if not one.is_reference), *stated),
        references=(*_constrained(constraints), *_stated(comment)),
    )


def _constrained(constraints: Sequence[_Constraint]) -> Iterator[Reference]:
    for one in constraints:
        if one.to_schema and one.to_name and one.to_columns:
            yield Reference(
                columns=tuple(one.columns),
                to_schema=one.to_schema,
                to_name=one.to_name,
                to_columns=tuple(one.to_columns),
            )


def _stated(comment: str) -> Iterator[Reference]:
    """Yield the references that a comment states. An id has the name of its kind at its end."""
    for column, schema, name in _REFERENCE.findall(comment):
        to = "errand_id" if column.endswith("errand_id") else column
        yield Reference(
            columns=("workspace", column),
            to_schema=schema,
            to_name=name,
            to_columns=("workspace", to),
        )


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
