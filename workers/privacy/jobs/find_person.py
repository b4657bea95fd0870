"""Searches all tables for a person: the rows that match, and whether they are the person's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from workers.database import Connection
from workers.privacy.rules.person_matcher import PersonMatcher
from workers.privacy.rules.redaction import is_own, mentions
from workers.privacy.store import text_scan
from workers.privacy.store.text_scan import CandidateRow, SearchableTable

LANDED, CALLBACK = "intake.landed", "intake.callback"
DOCUMENTS = (LANDED, CALLBACK)
REPORTS = "errand_reports"
ERRAND = ("data", "relationships", "errand", "data", "id")
MAX_ID_DIGITS = 18  # always fits a bigint

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A row that mentions the person, or belongs to a record of the person."""

    table: SearchableTable
    row: CandidateRow
    mentions_address: bool
    own: bool  # it is a document that seems to be the person's own
    errand: tuple[str, int] | None  # of such a document


def documents_first(tables: list[SearchableTable]) -> list[SearchableTable]:
    """Return the tables, those with documents first, as these name the person's errands."""
    order = {name: position for position, name in enumerate(DOCUMENTS)}
    return sorted(tables, key=lambda table: order.get(table.name, len(order)))


def scan_table(
    conn: Connection,
    table: SearchableTable,
    person: PersonMatcher,
    *,
    progress: Progress,
    lock: bool,
) -> Iterator[list[Match]]:
    """Yield the matches in one table, a transaction at a time.

    Rows that are updated meanwhile move to the end of the table, and are scanned there.
    """
    first = 0
    while first < text_scan.pages(conn, table):
        with conn.transaction():
            rows = text_scan.scan_pages(
                conn, table, first=first, words=person.ascii_words, lock=lock
            )
            yield [match for row in rows if (match := _match(table, row, person))]
        first += text_scan.PAGES
        progress(text_scan.PAGES)


def _match(table: SearchableTable, row: CandidateRow, person: PersonMatcher) -> Match | None:
    mentions_address = any(mentions(row.row[name], person) for name in table.columns)
    if not mentions_address and not row.erased:
        return None
    own = (
        table.name in DOCUMENTS
        and mentions_address
        and not row.erased
        and is_own(row.row["document"], person)
    )
    errand = _errand(table, row.row) if own else None
    return Match(table=table, row=row, mentions_address=mentions_address, own=own, errand=errand)


def errand_named(workspace: str, document: Any) -> tuple[str, int] | None:
    """Return the errand that a callback names, whatever its shape; ``None`` if it names none."""
    value = document
    for name in ERRAND:
        value = value.get(name) if isinstance(value, dict) else None
    digits = str(value)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= MAX_ID_DIGITS):
        return None
    return (workspace, int(digits)) if int(digits) else None


def _errand(table: SearchableTable, row: dict[str, Any]) -> tuple[str, int] | None:
    if table.name == CALLBACK:
        return errand_named(row["workspace"], row["document"])
    return (row["workspace"], row["remote_id"]) if row["family"] == REPORTS else None
