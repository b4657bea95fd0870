"""Looking for a person through all tables: what is found, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from workers.privacy.rules.person_matcher import Person
from workers.privacy.rules.redaction import claimed, mentions
from workers.privacy.store import text_scan as texts
from workers.privacy.store.text_scan import Found, Texts

LANDED, CALLBACK = "intake.landed", "intake.callback"
DOCUMENTS = (LANDED, CALLBACK)
REPORTS = "errand_reports"
ERRAND = ("data", "relationships", "errand", "data", "id")
LONGEST_ID = 18  # digits that surely are a bigint

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A row that mentions the person, or is about a record of the person's."""

    table: Texts
    found: Found
    named: bool  # the address is in it
    claimed: bool  # it is a document that seems to be the person's own
    errand: tuple[str, int] | None  # that such a document is about


def ordered(tables: list[Texts]) -> list[Texts]:
    """Return the tables, documents first, as they tell which errands are the person's."""
    order = {name: place for place, name in enumerate(DOCUMENTS)}
    return sorted(tables, key=lambda table: order.get(table.name, len(order)))


def look(
    conn: Connection[Any], table: Texts, person: Person, *, progress: Progress, lock: bool
) -> Iterator[list[Sighting]]:
    """Yield what is found in one table, a transaction at a time.

    Rows that others write meanwhile move to the end of the table, and are looked at there.
    """
    first = 0
    while first < texts.pages(conn, table):
        with conn.transaction():
            found = texts.on_pages(conn, table, first=first, like=person.like, lock=lock)
            yield [one for each in found if (one := _sighting(table, each, person))]
        first += texts.PAGES
        progress(texts.PAGES)


def _sighting(table: Texts, found: Found, person: Person) -> Sighting | None:
    named = any(mentions(found.row[name], person) for name in table.columns)
    if not named and not found.erased:
        return None
    own = (
        table.name in DOCUMENTS
        and named
        and not found.erased
        and claimed(found.row["document"], person)
    )
    errand = _errand(table, found.row) if own else None
    return Sighting(table=table, found=found, named=named, claimed=own, errand=errand)


def errand_named(workspace: str, document: Any) -> tuple[str, int] | None:
    """Return the errand that a callback names, in whatever shape it is; ``None`` for none."""
    told = document
    for name in ERRAND:
        told = told.get(name) if isinstance(told, dict) else None
    digits = str(told)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST_ID):
        return None
    return (workspace, int(digits)) if int(digits) else None


def _errand(table: Texts, row: dict[str, Any]) -> tuple[str, int] | None:
    if table.name == CALLBACK:
        return errand_named(row["workspace"], row["document"])
    return (row["workspace"], row["remote_id"]) if row["family"] == REPORTS else None
