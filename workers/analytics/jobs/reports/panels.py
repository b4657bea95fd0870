"""A chart with its table and the query that gives its figures, as page and as file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import LiteralString

from workers.analytics.jobs.reports.charts import Chart
from workers.analytics.jobs.reports.lines import FEW, Unit
from workers.analytics.jobs.reports.page import Name, name_of
from workers.analytics.jobs.reports.period import PeriodFigures
from workers.analytics.jobs.reports.wording import Wording
from workers.analytics.rules.periods import Period
from workers.analytics.store import period_figures
from workers.analytics.store.exported_views import FORMULA

Value = str | int | float | Decimal | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table; without a unit it is a name, a day, a word or a number as it is."""

    key: str  # its name in files
    unit: Unit | None = None


NAMED = (Column(key="id"), Column(key="name"))  # the first columns of what is told by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A chart with its table."""

    name: str  # also in addresses
    title: str
    about: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    chart: Chart | None  # None: there is nothing to draw
    query: str  # as psql takes it; empty if nothing was asked
    notes: Sequence[str] = ()


def as_csv(panel: Panel) -> bytes:
    """Return the table as CSV of UTF-8 with a byte order mark, by which Excel knows it.

    A text that a spreadsheet would compute begins with an apostrophe, as in ``cention export``.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([one.key for one in panel.columns])
    writer.writerows([_plain(value) for value in row] for row in panel.rows)
    return text.getvalue().encode("utf-8-sig")


def shown(panel: Panel, words: Wording) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows as a page shows them; names are not longer than a table bears."""
    if tuple(panel.columns[:2]) != NAMED:
        rows = [_cells(panel.columns, row, words) for row in panel.rows]
        return [words.column(one.key) for one in panel.columns], rows
    rows = [
        [
            name_of(Name(id=row[0], name=row[1]), words),  # type: ignore[arg-type]  # by NAMED
            *_cells(panel.columns[2:], row[2:], words),
        ]
        for row in panel.rows
    ]
    return [words.column(one.key) for one in panel.columns[1:]], rows


def few_note(numbers: Sequence[int], words: Wording, *, key: str = "few_steps") -> list[str]:
    """Return how many of the numbers are too few to compare; nothing if none is."""
    few = sum(number < FEW for number in numbers)
    if not few:
        return []
    return [words.text(key, few=words.number(few), number=words.number(len(numbers)))]


def query_of(
    figures: PeriodFigures, query: LiteralString, periods: Sequence[Period], *, by: str = ""
) -> str:
    """Return the query of figures, with its values, as an analyst can run it."""
    return period_figures.as_sql(figures.conn, query, figures.scope, periods, by=by)


def _cells(columns: Sequence[Column], row: Sequence[Value], words: Wording) -> list[str]:
    return [_cell(column, value, words) for column, value in zip(columns, row, strict=True)]


def _cell(column: Column, value: Value, words: Wording) -> str:
    if value is None:
        return words.text("nothing")
    if isinstance(value, date):
        return words.day(value)
    if column.key == "weekday" and isinstance(value, int):
        return words.days()[value - 1]
    if isinstance(value, str) or column.unit is None:
        return str(value)
    return words.value(column.unit, float(value))


def _plain(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and re.match(FORMULA, value) else value
