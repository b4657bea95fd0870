"""Reads CSV files with headings, separated by commas, semicolons or tabs, a row at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t")
MAX_CELL_CHARACTERS = 10_000  # a longer cell means an unclosed quotation mark


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRow:
    """One row: its cells, or its problem."""

    line: int  # in the file, from 1; the last line of a row of several
    cells: tuple[str, ...] = ()  # as many as there are headings
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A CSV file: its headings, and its rows as they are read."""

    headings: tuple[str, ...]
    rows: Iterator[CsvRow]


def read_table(lines: Iterable[str]) -> CsvTable:
    """Return the headings and rows of a CSV file; rows without any cell are left out.

    A row with too few or too many cells, or a very long one, has a problem and does not stop the
    others.
    """
    lines = iter(lines)
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    [headings] = csv.reader([first], delimiter=delimiter) if first.strip() else [[]]
    return CsvTable(
        headings=tuple(heading.strip() for heading in headings),
        rows=_rows(lines, delimiter, len(headings)),
    )


def _rows(lines: Iterator[str], delimiter: str, width: int) -> Iterator[CsvRow]:
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield CsvRow(line=reader.line_num + 1, problem=str(error))
            continue
        if cells:
            yield _row(reader.line_num + 1, cells, width)


def _row(line: int, cells: list[str], width: int) -> CsvRow:
    if len(cells) != width:
        return CsvRow(line=line, problem=f"{len(cells)} cells instead of {width}")
    if max(map(len, cells)) > MAX_CELL_CHARACTERS:
        return CsvRow(line=line, problem=f"a cell of more than {MAX_CELL_CHARACTERS} characters")
    return CsvRow(line=line, cells=tuple(cells))
