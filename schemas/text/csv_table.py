"""Reads CSV files with headings, a row at a time; a row that cannot be read spoils no other.

The cells are read by Python's ``csv`` module. What is here finds the delimiter, and where to go on
after a mistake.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

DELIMITERS = (",", ";", "\t", "|")
MAX_CELL_CHARACTERS = 10_000
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how ``errors="surrogateescape"`` marks a bad byte
_SAID = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # what Excel reads above the headings
_QUOTE = "a quotation mark within a cell must be doubled, and the cell be in quotation marks"
_OPEN = "a quotation mark is not closed"


class BadHeadings(ValueError):
    """The headings cannot be read; the text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRow:
    """One row: its cells, or its problem."""

    line: int  # its first one in the file, from 1
    cells: tuple[str, ...] = ()  # as many as there are headings
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A CSV file: its headings, and its rows as they are read."""

    headings: tuple[str, ...]  # white space in them is one space
    rows: Iterator[CsvRow]


def read_table(lines: Iterable[str], *, max_cell: int = MAX_CELL_CHARACTERS) -> CsvTable:
    """Return the headings and rows of a CSV file whose ``lines`` keep their ends.

    Cells are separated by commas, semicolons, tabs or bars, or by what a first line ``sep=;`` says.
    Empty rows are left out. A row that cannot be read, has too few or too many cells, or a cell of
    more than ``max_cell`` characters, has a problem. Bad bytes are expected as
    ``errors="surrogateescape"`` returns them. Raises ``BadHeadings``.
    """
    reader = _Reader(lines=_Lines(lines), max_cell=max_cell)
    headings = reader.headings()
    return CsvTable(headings=headings, rows=reader.rows(headings))


class _Lines:
    """Lines that can be read again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.number = 0  # of the last one

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.number += 1
        return line

    def go_back(self, lines: Sequence[str]) -> None:
        """Read ``lines``, which were the last ones, again."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """What was read as one row."""

    lines: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    problem: str | None = None


@dataclass(slots=True, kw_only=True)
class _Reader:
    lines: _Lines
    max_cell: int
    delimiter: str = DELIMITERS[0]
    max_record: int = 0

    def headings(self) -> tuple[str, ...]:
        """Read the headings, and find the delimiter."""
        self.max_record = self.max_cell
        first = next((line for line in self.lines if line.strip(" \t\r\n\ufeff")), "")
        first = first.removeprefix("\ufeff")
        delimiters: Sequence[str] = DELIMITERS
        if said := _SAID.fullmatch(first):
            delimiters = said[1]
        else:
            self.lines.go_back([first])
            delimiters = sorted(DELIMITERS, key=first.count, reverse=True)
        found = [self._headings(delimiter) for delimiter in delimiters]
        best = max(found, key=lambda record: (record.problem is None, len(record.cells)))
        self.delimiter = delimiters[found.index(best)]
        if best.problem is not None:
            raise BadHeadings(f"The headings cannot be read: {best.problem}.")
        self._record()
        headings = tuple(" ".join(cell.split()) for cell in best.cells)
        self.max_record = self.max_cell * max(1, len(headings))
        return headings

    def rows(self, headings: tuple[str, ...]) -> Iterator[CsvRow]:
        """Yield the rows below the headings."""
        while (record := self._record()).lines:
            line = self.lines.number - len(record.lines) + 1
            problem = record.problem or self._problem(record.cells, headings)
            if problem is None:
                if any(cell.strip() for cell in record.cells):
                    yield CsvRow(line=line, cells=tuple(record.cells))
            elif not "".join(record.lines).strip(f"{self.delimiter} \t\r\n"):
                continue
            elif len(record.lines) == 1:
                yield CsvRow(line=line, problem=problem)
            elif all(self._is_row(one, len(headings)) for one in record.lines[1:]):
                self.lines.go_back(record.lines[1:])
                column = _column_of_fault(record.lines[0], self.delimiter)
                yield CsvRow(line=line, problem=f"column {column}: {_OPEN}")
            else:
                yield CsvRow(line=line, problem=f"{problem} (lines {line} to {self.lines.number})")

    def _headings(self, delimiter: str) -> _Record:
        """Read the headings with a delimiter, and go back."""
        self.delimiter = delimiter
        record = self._record()
        self.lines.go_back(record.lines)
        if record.problem is None and '"' in "".join(record.cells):
            return _Record(problem=f"column 1: {_QUOTE}")
        if record.problem is None and _NOT_UTF8.search("".join(record.cells)):
            return _Record(problem="they are not in UTF-8; save the file as UTF-8")
        return record

    def _record(self) -> _Record:
        """Read one row, which may have several lines. At the end of the file it has none."""
        lines: list[str] = []
        is_open = False

        def taken() -> Iterator[str]:
            nonlocal is_open
            left = self.max_record + self.max_cell
            for line in self.lines:
                lines.append(line)
                left -= len(line)
                is_open = left < 0
                if is_open:
                    raise csv.Error
                yield line
            is_open = True

        csv.field_size_limit(self.max_record + self.max_cell)
        try:
            return _Record(
                lines=lines,
                cells=next(csv.reader(taken(), delimiter=self.delimiter, strict=True), []),
            )
        except csv.Error:
            fault = _OPEN if is_open else _QUOTE
            column = _column_of_fault("".join(lines), self.delimiter)
            return _Record(lines=lines, problem=f"column {column}: {fault}")

    def _is_row(self, line: str, width: int) -> bool:
        try:
            return len(next(csv.reader([line], delimiter=self.delimiter, strict=True))) == width
        except csv.Error:
            return False

    def _problem(self, cells: Sequence[str], headings: Sequence[str]) -> str | None:
        if len(cells) != len(headings):
            return f"{len(cells)} cells instead of {len(headings)}"
        for heading, cell in zip(headings, cells, strict=True):
            if len(cell) > self.max_cell:
                return f"column {heading!r}: more than {self.max_cell} characters"
            if _NOT_UTF8.search(cell):
                return f"column {heading!r}: is not UTF-8; save the file as UTF-8"
        return None


def _column_of_fault(text: str, delimiter: str) -> int:
    """Return the number of the first cell, from 1, that is not one."""
    end = re.escape(delimiter)
    cell = re.compile(rf'"(?:[^"]|"")*"(?=[{end}\r\n]|\Z)|(?!")[^{end}\r\n]*')
    column, at = 1, 0
    while (found := cell.match(text, at)) and text[found.end() : found.end() + 1] == delimiter:
        column, at = column + 1, found.end() + 1
    return column
