"""Erases one person: redacts own records, records that, and removes mentions elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from workers.config.names import Family
from workers.database import Connection
from workers.privacy.jobs import find_in_spool, find_person, redact_erased
from workers.privacy.jobs.data_subject import DataSubject
from workers.privacy.jobs.erasure_counts import ErasedRows, ErasureCounts
from workers.privacy.jobs.find_in_spool import SpoolErasure
from workers.privacy.jobs.find_person import Match, Progress
from workers.privacy.rules.person_matcher import PersonMatcher
from workers.privacy.rules.redaction import names_next_to, redact_mentions, redact_own
from workers.privacy.store import erased, text_scan
from workers.privacy.store.text_scan import SearchableTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The result of erasing a person."""

    tables: tuple[ErasedRows, ...]
    errands: int  # recorded by id, to be redacted whenever they are fetched again
    ratings: int  # likewise
    spooled: int  # callbacks in the spool, redacted in whole or in part
    unreadable: tuple[str, ...]  # files of the spool that mention the person and were not changed


def erase(conn: Connection, subject: DataSubject, *, dry_run: bool, progress: Progress) -> Erasure:
    """Erase a person from every table and from the spool.

    ``conn`` is in autocommit mode: every batch is a transaction, so an erasure may be interrupted
    and run again. ``dry_run`` runs in one transaction, which locks its rows and is rolled back.
    ``progress`` is called with the number of pages scanned. The spool is first: what is drained
    from it meanwhile is redacted already. Raises ``OSError`` if the spool cannot be used.
    """
    known = PersonMatcher(subject.address, number=subject.number)
    person = known.with_names(erased.names_of(conn, known.spellings))
    errands = set(erased.errands_of(conn, person.spellings))
    spooled = SpoolErasure(files=0, unreadable=(), errands=frozenset())
    if subject.spool is not None:
        spooled = find_in_spool.erase(subject.spool, person, errands, dry_run=dry_run)
    with conn.transaction(force_rollback=True) if dry_run else nullcontext():
        errands = _record_erased(conn, person, errands | spooled.errands)
        ratings = erased.ratings_of(conn, subject.reviewers)
        erased.record_erased(conn, Family.FACEBOOK_RATINGS, ratings)
        counts = ErasureCounts()
        errands |= _erase_everywhere(conn, person, counts, progress)
    return Erasure(
        tables=counts.tables(),
        errands=len(errands),
        ratings=len(ratings),
        spooled=spooled.files,
        unreadable=spooled.unreadable,
    )


def count_pages(conn: Connection) -> int:
    """Return how many pages there are to be scanned."""
    return sum(text_scan.pages(conn, table) for table in text_scan.searchable_tables(conn))


def _erase_everywhere(
    conn: Connection, person: PersonMatcher, counts: ErasureCounts, progress: Progress
) -> set[erased.Key]:
    """Erase from every table; documents first, as they name further errands, which are returned."""
    tables = (
        find_person.documents_first(text_scan.searchable_tables(conn)) if person.address else []
    )
    documents = [table for table in tables if table.name in find_person.DOCUMENTS]
    errands: set[erased.Key] = set()
    for table in documents:
        errands |= _erase_from(conn, table, person, counts, progress)
    redact_erased.redact_sent(conn, person.spellings, counts)
    redact_erased.redact_pending(conn, counts)
    if person.address:
        _erase_own_rows(conn, person, counts)
    for table in tables[len(documents) :]:
        _erase_from(conn, table, person, counts, progress)
    return errands


def _erase_own_rows(conn: Connection, person: PersonMatcher, counts: ErasureCounts) -> None:
    """Erase the person's rows that belong to no recorded errand."""
    removed = erased.remove_contact_cards(conn, person.spellings)
    redacted = erased.redact_exported_by(conn, person.spellings)
    counts.removed["cention.contact_card"] += removed
    counts.redacted["cention.exported_errand"] += redacted
    objections = erased.redact_opt_outs(conn, person.spellings)
    counts.redacted["feedback.opt_out"] += objections


def _record_erased(
    conn: Connection, person: PersonMatcher, keys: Iterable[erased.Key]
) -> set[erased.Key]:
    """Record errands as erased, except those with another known writer; return them."""
    wanted = set(keys)
    others = {
        (one.workspace, one.errand_id)
        for one in erased.writers_of(conn, wanted)
        if not person.matches(one.writer) and not person.matches(one.contact)
    }
    return erased.record_erased(conn, Family.ERRAND_REPORTS, wanted - others)


def _erase_from(
    conn: Connection,
    table: SearchableTable,
    person: PersonMatcher,
    counts: ErasureCounts,
    progress: Progress,
) -> set[erased.Key]:
    """Erase the person from one table; return the errands found to be the person's."""
    errands: set[erased.Key] = set()
    for matches in find_person.scan_table(conn, table, person, progress=progress, lock=True):
        theirs = _record_erased(conn, person, [one.errand for one in matches if one.errand])
        errands |= theirs
        for one in matches:
            own = one.row.erased or _belongs_to_person(one, theirs)
            if changed := _changed(one, person, own=own):
                text_scan.write(conn, table, one.row.ctid, changed)
                counts.redacted[table.name] += 1
    return errands


def _belongs_to_person(one: Match, theirs: set[erased.Key]) -> bool:
    if one.errand is not None:
        return one.errand in theirs
    return one.table.name == find_person.CALLBACK and one.own


def _changed(one: Match, person: PersonMatcher, *, own: bool) -> dict[str, Any]:
    """Return the columns of a row that must change, with their new values."""
    row = one.row.row
    known = person.with_names(names_next_to(row.get("document"), person))
    changed = {}
    for name in one.table.columns:
        if name == "document" and own:
            value = redact_own(row[name], known, strict=row["problem"] is not None)
        elif one.mentions_address:
            value = redact_mentions(row[name], known)
        else:
            continue
        if value != row[name]:
            changed[name] = value
    return changed
