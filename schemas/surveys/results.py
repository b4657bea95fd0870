"""Results of a vendor's surveys: rows of its export or of a push, read by a map of columns.

Columns are mapped to ``reference``, ``answered_at``, a kind of score, ``choice`` or ``comment``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from schemas.errors import DocumentError, Fault
from schemas.surveys.questions import SCALES, Kind
from schemas.surveys.rules import IMPORTED
from schemas.text.csv_table import MAX_CELL_CHARACTERS, BadHeadings, read_table
from schemas.text.unstorable import replace_unstorable_text

REFERENCE, ANSWERED_AT, COMMENT = "reference", "answered_at", "comment"
MAX_PUSHED_ROWS = 1000
MAX_HEADING = 250  # characters: it is the key of a question
FIRST_YEAR, LAST_YEAR = 2000, 2200
# Spreadsheets write 9 as 9.0 or 9,0.
_WHOLE = re.compile(r"([0-9]{1,3})([.,]0{1,6})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultAnswer:
    """The answer to one question: a number with its scale, a choice, or a text."""

    question: str  # heading of its column
    kind: Kind
    number: int | None = None
    lowest: int | None = None
    highest: int | None = None
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One row: the answers to one invitation, or its problem."""

    line: int  # of the file, or the number of the row in a push, from 1
    reference: str = ""  # empty: none stands there
    answered_at: datetime | None = None
    answers: tuple[ResultAnswer, ...] = ()  # none: the customer has not answered
    cells: Mapping[str, str] = field(default_factory=dict, repr=False)  # of mapped columns
    problem: str | None = None

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the cells."""
        return hashlib.sha256(json.dumps(self.cells, sort_keys=True).encode()).digest()


class BadColumns(ValueError):
    """The map of columns does not fit; the text says what to do."""


def check_columns(columns: Mapping[str, str]) -> None:
    """Raise ``BadColumns`` unless every column has a known content, and one is the reference."""
    for column, content in columns.items():
        if len(column) > MAX_HEADING:
            raise BadColumns(
                f"The heading {column[:40]!r}… has more than {MAX_HEADING} characters."
            )
        if content not in IMPORTED:
            raise BadColumns(f"{column}={content}: the content must be one of {_list(IMPORTED)}.")
    for content in (REFERENCE, ANSWERED_AT):
        if list(columns.values()).count(content) > 1:
            raise BadColumns(f"Two columns are mapped to {content}.")
    if REFERENCE not in columns.values():
        raise BadColumns(
            "No column is mapped to reference. Map the one with our reference: answers are matched "
            "by it."
        )
    if not set(columns.values()) - {REFERENCE, ANSWERED_AT}:
        raise BadColumns("No column is mapped to a score, a choice or a comment.")


def read_csv(
    lines: Iterable[str], columns: Mapping[str, str], *, zone: tzinfo
) -> Iterator[ResultRow]:
    """Yield the rows of a vendor's export, a CSV file with headings; others are ignored.

    Times without a zone are of ``zone``. A bad row has a problem and does not stop the others.
    Raises ``BadColumns``.
    """
    check_columns(columns)
    try:
        table = read_table(lines)
    except BadHeadings as error:
        raise BadColumns(str(error)) from None
    if missing := [column for column in columns if column not in table.headings]:
        raise BadColumns(f"No column {missing[0]!r}. There is: {_list(table.headings)}.")
    for heading in columns:
        if table.headings.count(heading) > 1:
            raise BadColumns(f"There are two columns {heading!r}.")
    for row in table.rows:
        if row.problem is not None:
            yield ResultRow(line=row.line, problem=row.problem)
        else:
            cells = dict(zip(table.headings, row.cells, strict=True))
            yield read_row(row.line, cells, columns, zone=zone)


def read_push(document: Any, columns: Mapping[str, str], *, zone: tzinfo) -> tuple[ResultRow, ...]:
    """Return the rows of ``{"rows": [{column: value}]}``; values are texts, numbers or null.

    Rows count from 1. Raises ``DocumentError`` if the document is of another shape, and
    ``BadColumns``.
    """
    check_columns(columns)
    rows = document.get("rows") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise DocumentError(Fault("/rows", "must be a list of rows"))
    return tuple(
        read_row(number, row, columns, zone=zone)
        if isinstance(row, dict)
        else ResultRow(line=number, problem="is not an object")
        for number, row in enumerate(rows, start=1)
    )


def read_row(
    line: int, row: Mapping[str, Any], columns: Mapping[str, str], *, zone: tzinfo
) -> ResultRow:
    """Return one row; the problems of its cells name their columns and quote nothing."""
    cells: dict[str, str] = {}
    problems: list[str] = []
    answers: list[ResultAnswer] = []
    answered_at = None
    for column, content in columns.items():
        try:
            cells[column] = cell = _text(row.get(column))
            if content == ANSWERED_AT and cell:
                answered_at = _time(cell, zone)
            elif content not in (REFERENCE, ANSWERED_AT) and cell:
                answers.append(_answer(column, content, cell))
        except ValueError as error:
            problems.append(f"column {column!r} {error}")
    if problems:
        return ResultRow(line=line, problem="; ".join(problems))
    [reference] = [cells[column] for column, content in columns.items() if content == REFERENCE]
    return ResultRow(
        line=line,
        reference=reference,
        answered_at=answered_at,
        answers=tuple(answers),
        cells=cells,
    )


def _answer(column: str, content: str, cell: str) -> ResultAnswer:
    kind = Kind.TEXT if content == COMMENT else Kind(content)
    if kind not in SCALES:
        return ResultAnswer(question=column, kind=kind, text=cell)
    lowest, highest = SCALES[kind]
    found = _WHOLE.fullmatch(cell)
    if found is None or not lowest <= int(found[1]) <= highest:
        raise ValueError(f"must be a whole number from {lowest} to {highest}")
    return ResultAnswer(
        question=column, kind=kind, number=int(found[1]), lowest=lowest, highest=highest
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be a text or a number")
    text = replace_unstorable_text(str(value)).strip()
    if len(text) > MAX_CELL_CHARACTERS:
        raise ValueError(f"has more than {MAX_CELL_CHARACTERS} characters")
    return text


def _time(cell: str, zone: tzinfo) -> datetime:
    fault = "must be a time such as 2026-05-04 10:30 or 2026-05-04T10:30:00Z"
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(fault) from None
    if not FIRST_YEAR <= found.year < LAST_YEAR:
        raise ValueError(fault)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _list(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"
