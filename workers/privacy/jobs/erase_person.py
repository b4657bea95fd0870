"""Erasing one person: own records are blanked and remembered, mentions elsewhere are cut out."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from workers.config.names import Family
from workers.privacy.jobs import find_in_spool, find_person, redact_erased
from workers.privacy.jobs.data_subject import Whom
from workers.privacy.jobs.erasure_counts import ErasedRows, Tally
from workers.privacy.jobs.find_in_spool import SpoolErasure
from workers.privacy.jobs.find_person import Progress, Sighting
from workers.privacy.rules.person_matcher import Person
from workers.privacy.rules.redaction import blanked, names_beside, redacted
from workers.privacy.store import erased
from workers.privacy.store import text_scan as texts
from workers.privacy.store.text_scan import Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What came of erasing a person."""

    tables: tuple[ErasedRows, ...]
    errands: int  # remembered by number, to be blanked whenever they come again
    ratings: int  # likewise
    spooled: int  # callbacks in the spool, blanked in whole or in part
    unreadable: tuple[str, ...]  # files of the spool that mention the person and were left alone


def erase(conn: Connection[Any], whom: Whom, *, dry_run: bool, progress: Progress) -> Erasure:
    """Erase a person from everywhere.

    ``conn`` is in autocommit mode: every batch is a transaction, so this may be broken off and run
    again. ``dry_run`` does it all in one transaction and rolls that back; until then its rows are
    locked. ``progress`` is told how many pages were looked through. The spool comes first: what is
    brought from it to Postgres meanwhile is erased already. Raises ``OSError`` if it is broken.
    """
    known = Person(whom.address)
    person = known.known_as(erased.names_of(conn, known.address))
    errands = set(erased.errands_of(conn, person.address))
    spooled = SpoolErasure(files=0, unreadable=(), errands=frozenset())
    if whom.spool is not None:
        spooled = find_in_spool.erase(whom.spool, person, errands, dry_run=dry_run)
    with conn.transaction(force_rollback=True) if dry_run else nullcontext():
        errands = _remember(conn, person, errands | spooled.errands)
        ratings = erased.ratings_of(conn, whom.reviewers)
        erased.remember(conn, Family.FACEBOOK_RATINGS, ratings, address="")
        tally = Tally()
        errands |= _erase_everywhere(conn, person, tally, progress)
    return Erasure(
        tables=tally.tables(),
        errands=len(errands),
        ratings=len(ratings),
        spooled=spooled.files,
        unreadable=spooled.unreadable,
    )


def count_pages(conn: Connection[Any]) -> int:
    """Return how many pages there are to be looked through."""
    return sum(texts.pages(conn, table) for table in texts.texts(conn))


def _erase_everywhere(
    conn: Connection[Any], person: Person, tally: Tally, progress: Progress
) -> set[erased.Key]:
    """Documents first, as they tell more errands of the person's; these are returned."""
    tables = find_person.ordered(texts.texts(conn)) if person.address else []
    documents = [table for table in tables if table.name in find_person.DOCUMENTS]
    errands: set[erased.Key] = set()
    for table in documents:
        errands |= _erase_from(conn, table, person, tally, progress)
    redact_erased.blank_sent(conn, person.address, tally)
    redact_erased.blank_due(conn, tally)
    if person.address:
        _erase_own_rows(conn, person, tally)
    for table in tables[len(documents) :]:
        _erase_from(conn, table, person, tally, progress)
    return errands


def _erase_own_rows(conn: Connection[Any], person: Person, tally: Tally) -> None:
    """Erase rows that are the person's own without being about an errand that is remembered."""
    removed = erased.remove_contact_cards(conn, person.address)
    blank = erased.blank_exported_by(conn, person.address)
    tally.removed["cention.contact_card"] += removed
    tally.blanked["cention.exported_errand"] += blank


def _remember(conn: Connection[Any], person: Person, keys: Iterable[erased.Key]) -> set[erased.Key]:
    return erased.remember(conn, Family.ERRAND_REPORTS, keys, address=person.address)


def _erase_from(
    conn: Connection[Any], table: Texts, person: Person, tally: Tally, progress: Progress
) -> set[erased.Key]:
    """Erase the person from one table; return the errands that turned out to be the person's."""
    errands: set[erased.Key] = set()
    for sightings in find_person.look(conn, table, person, progress=progress, lock=True):
        theirs = _remember(conn, person, [one.errand for one in sightings if one.errand])
        errands |= theirs
        for one in sightings:
            own = one.found.erased or _is_own(one, theirs)
            if changed := _changed(one, person, own=own):
                texts.write(conn, table, one.found.place, changed)
                tally.blanked[table.name] += 1
    return errands


def _is_own(one: Sighting, theirs: set[erased.Key]) -> bool:
    if one.errand is not None:
        return one.errand in theirs
    return one.table.name == find_person.CALLBACK and one.claimed


def _changed(one: Sighting, person: Person, *, own: bool) -> dict[str, Any]:
    """Return the columns of a row that must change, as they must become."""
    row = one.found.row
    known = person.known_as(names_beside(row.get("document"), person))
    changed = {}
    for name in one.table.columns:
        if name == "document" and own:
            value = blanked(row[name], known, strict=row["problem"] is not None)
        elif one.named:
            value = redacted(row[name], known)
        else:
            continue
        if value != row[name]:
            changed[name] = value
    return changed
