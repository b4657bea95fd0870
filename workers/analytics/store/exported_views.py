"""The tables and views that can be exported, and their rows as a stream."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from workers.database import Connection, queries

SQL = queries.load(__name__)

FETCHED_ROWS = 1_000  # at once, so that a million rows take no more memory than these
FETCHED_FILES = 10  # of rows that may have the content of a file
DAY_TYPES = ("date", "timestamptz")  # of the column whose days are exported, the better one first
LOCAL_DAY: LiteralString = (
    "({} AT TIME ZONE coalesce((SELECT w.timezone FROM cention.workspace AS w"
    " WHERE w.workspace = v.workspace), 'UTC'))::date"
)
# Where days begin and end in UTC, with more than a day to spare for time zones.
EARLIEST: LiteralString = "{} >= ({} - 2)::timestamp AT TIME ZONE 'UTC'"
LATEST: LiteralString = "{} < ({} + 3)::timestamp AT TIME ZONE 'UTC'"
# A spreadsheet would compute a text that begins so.
FORMULA = "^[=+@\t\r-]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a view."""

    name: str
    type: str  # of Postgres, of one item if it is a list
    is_list: bool

    @property
    def is_text(self) -> bool:
        """Whether its values are written by people or vendors."""
        return self.type in {"text", "varchar", "name"} and not self.is_list


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A table or view."""

    schema: str
    name: str
    columns: tuple[Column, ...]

    @property
    def day(self) -> Column | None:
        """The column whose days can be chosen: the first date, else the first moment."""
        has_zone = any(column.name == "workspace" for column in self.columns)
        for type_ in DAY_TYPES if has_zone else DAY_TYPES[:1]:
            for column in self.columns:
                if column.type == type_ and not column.is_list:
                    return column
        return None

    @property
    def moment(self) -> Column | None:
        """The time of which ``day`` is the day: ``arrived_at`` of ``arrived_on``, or itself."""
        day = self.day
        if day is None or day.type == "timestamptz":
            return day
        name = f"{day.name.removesuffix('_on')}_at"
        for column in self.columns:
            if (column.name, column.type, column.is_list) == (name, "timestamptz", False):
                return column
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows of a view: of some days, both included, and with some values."""

    view: View
    first: date | None = None
    last: date | None = None
    values: tuple[tuple[Column, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    schema: str
    name: str
    column: str
    type: str
    is_list: bool


def views(conn: Connection) -> dict[str, View]:
    """Return what can be exported, by its name with its schema."""
    with conn.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(SQL["views"]).fetchall()
    found = {}
    for (schema, name), columns in groupby(rows, key=lambda row: (row.schema, row.name)):
        found[f"{schema}.{name}"] = View(
            schema=schema,
            name=name,
            columns=tuple(
                Column(name=one.column, type=one.type, is_list=one.is_list) for one in columns
            ),
        )
    return found


def is_value(conn: Connection, view: View, column: Column, text: str) -> bool:
    """Return whether a text is a value of the column, which Postgres says before it reads rows."""
    query = rows_query(Selection(view=view, values=((column, text),)), [_name(column)])
    try:
        conn.execute(sql.SQL("EXPLAIN {}").format(query))
    except psycopg.DataError:
        return False
    return True


@contextmanager
def snapshot(conn: Connection, zone: ZoneInfo) -> Iterator[None]:
    """Read everything as of one moment, with times in ``zone``; nothing can be changed."""
    conn.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
    conn.set_read_only(True)
    with conn.transaction():
        conn.execute("SELECT set_config('TimeZone', %s, true)", [zone.key])
        # A large view may take longer than others, and so may writing a part of it.
        conn.execute("SET LOCAL statement_timeout = 0")
        conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def csv(conn: Connection, selection: Selection) -> Generator[bytes]:
    """Yield the rows as CSV, in pieces. A text that a spreadsheet would compute begins with '."""
    columns = selection.view.columns
    texts = [sql.Identifier(column.name) for column in columns if column.is_text]
    query = rows_query(selection, [_csv_value(column) for column in columns])
    force = (
        sql.SQL(", FORCE_QUOTE ({})").format(sql.SQL(", ").join(texts)) if texts else sql.SQL("")
    )
    return _copied(conn, _statement(SQL["csv"], query=query, force_quote=force))


def json_lines(conn: Connection, selection: Selection) -> Generator[bytes]:
    """Yield the rows as one JSON object a line, in pieces."""
    query = rows_query(selection, [_name(column) for column in selection.view.columns])
    return _copied(conn, _statement(SQL["json_lines"], query=query))


def rows(conn: Connection, selection: Selection) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows in groups, small ones where each may have a file of many MB.

    JSON comes as text.
    """
    columns = selection.view.columns
    at_once = FETCHED_FILES if any(column.type == "bytea" for column in columns) else FETCHED_ROWS
    yield from _fetched(conn, rows_query(selection, _values(columns)), at_once)


def rows_by_day(conn: Connection, selection: Selection) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows ordered by day, each after its day, and then always in the same order."""
    columns = [_day(selection.view), *_values(selection.view.columns)]
    order = sql.SQL("ORDER BY {}").format(
        sql.SQL(", ").join(sql.Literal(number) for number in range(1, len(columns) + 1))
    )
    yield from _fetched(conn, rows_query(selection, columns, order), FETCHED_ROWS)


def _copied(conn: Connection, statement: sql.Composed) -> Generator[bytes]:
    with conn.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in copy:
            yield bytes(piece)


def _fetched(
    conn: Connection, query: sql.Composed, at_once: int
) -> Iterator[list[tuple[Any, ...]]]:
    with conn.cursor(name="export") as cursor:
        cursor.execute(query)
        while group := cursor.fetchmany(at_once):
            yield group


def rows_query(
    selection: Selection,
    columns: Sequence[sql.Composable],
    order: sql.Composable = sql.SQL(""),  # noqa: B008  # it cannot be changed
) -> sql.Composed:
    """Return the query with all its values: COPY and a cursor's declaration take no parameters."""
    return _statement(
        SQL["rows"],
        view=sql.Identifier(selection.view.schema, selection.view.name),
        columns=sql.SQL(", ").join(columns),
        condition=_condition(selection),
        order=order,
    )


def _statement(text: LiteralString, **parts: sql.Composable) -> sql.Composed:
    return sql.SQL(queries.literal(text.rstrip(";"))).format(**parts)


def _condition(selection: Selection) -> sql.Composable:
    conditions: list[sql.Composable] = [sql.SQL("true")]
    ends = (("{} >= {}", EARLIEST, selection.first), ("{} <= {}", LATEST, selection.last))
    for of_day, of_moment, day in ends:
        if day is not None:
            conditions.append(sql.SQL(of_day).format(_day(selection.view), sql.Literal(day)))
            if moment := selection.view.moment:  # no index finds a day that is computed from it
                conditions.append(sql.SQL(of_moment).format(_name(moment), sql.Literal(day)))
    for column, value in selection.values:
        # A literal without a type is read as the column's.
        conditions.append(sql.SQL("{} = {}").format(_name(column), sql.Literal(value)))
    return sql.SQL(" AND ").join(conditions)


def _day(view: View) -> sql.Composable:
    column = view.day
    if column is None:
        raise ValueError(f"{view.schema}.{view.name} has no days")
    if column.type == "date":
        return _name(column)
    return sql.SQL(LOCAL_DAY).format(_name(column))


def _name(column: Column) -> sql.Composable:
    return sql.SQL("v.{}").format(sql.Identifier(column.name))


def _values(columns: Sequence[Column]) -> list[sql.Composable]:
    """Return the columns, those that have no type of Python's as text."""
    known = {"bool", "bytea", "date", "float4", "float8", "int2", "int4", "int8", "numeric"}
    known |= {"text", "timestamptz", "timestamp"}
    return [
        _name(column) if column.type in known else sql.SQL("{}::text").format(_name(column))
        for column in columns
    ]


def _csv_value(column: Column) -> sql.Composable:
    name, label = _name(column), sql.Identifier(column.name)
    if column.is_list:
        return sql.SQL("to_json({}) AS {}").format(name, label)
    if column.is_text:
        return sql.SQL("CASE WHEN {} ~ {} THEN '''' || {} ELSE {} END AS {}").format(
            name, sql.Literal(FORMULA), name, name, label
        )
    return name
