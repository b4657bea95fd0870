"""Reads CSV files with headings, separated by commas, semicolons or tabs, a row at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

DELIMITERS = (",", ";", "\t")
MAX_CELL_CHARACTERS = 10_000  # a longer cell means an unclosed quotation mark
_QUOTED = re.compile(r'"[^"]*(?:"|$)')
_NO_HEADINGS = re.compile(r"\ufeff?(?:sep=.)?\s*")  # sep=; is a line for Excel alone


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
    others. A heading of several lines is one of one line.
    """
    lines, above, first = iter(lines), 0, ""
    for first in lines:
        if not _NO_HEADINGS.fullmatch(first):
            break
        above += 1
    delimiter = max(DELIMITERS, key=_QUOTED.sub("", first).count)
    reader = csv.reader(chain([first], lines), delimiter=delimiter)
    try:
        headings = [" ".join(heading.splitlines()).strip() for heading in next(reader, [])]
    except csv.Error:  # a heading without end
        headings = []
    above += reader.line_num
    return CsvTable(headings=tuple(headings), rows=_rows(lines, delimiter, above, len(headings)))


def _rows(lines: Iterator[str], delimiter: str, above: int, width: int) -> Iterator[CsvRow]:
    """Yield the rows of the lines below the line ``above``."""
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield CsvRow(line=above + reader.line_num, problem=str(error))
            continue
        if cells:
            yield _row(above + reader.line_num, cells, width)


def _row(line: int, cells: list[str], width: int) -> CsvRow:
    if len(cells) != width:
        return CsvRow(line=line, problem=f"{len(cells)} cells instead of {width}")
    if max(map(len, cells)) > MAX_CELL_CHARACTERS:
        return CsvRow(line=line, problem=f"a cell of more than {MAX_CELL_CHARACTERS} characters")
    return CsvRow(line=line, cells=tuple(cells))
