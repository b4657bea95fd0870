"""Blanking what is here of records whose writer was erased, also when it has come anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection

from schemas.cention.attachments import AttachmentKind
from workers.config.names import Family
from workers.privacy.jobs.erasure_counts import Tally
from workers.privacy.rules.person_matcher import Person
from workers.privacy.rules.redaction import blanked, redacted, writer
from workers.privacy.store import attachment_blobs, erased
from workers.privacy.store.attachment_blobs import AttachmentKey
from workers.privacy.store.erased import Alias, HistoryLine, Key
from workers.sync.jobs.parsers import FAMILIES

BATCH = 50  # errands at once, each with its answers
START: Key = ("", -1)
REASON = "its errand was erased"

Due = Callable[[Connection[Any], Key], list[Key]]
Blank = Callable[[Connection[Any], Sequence[Key], Tally], None]


def blank_due(conn: Connection[Any], tally: Tally) -> None:
    """Blank what is here of erased records and is not blank yet, a transaction a batch.

    ``conn`` is in autocommit mode. May be broken off and run again at any time.
    """
    _each(conn, lambda c, after: erased.errands_due(c, after=after, limit=BATCH), _errands, tally)
    _each(conn, lambda c, after: erased.ratings_due(c, after=after, limit=BATCH), _ratings, tally)
    blank_sent(conn, "", tally)


def blank_sent(conn: Connection[Any], address: str, tally: Tally) -> None:
    """Blank what we sent in the name of an address, and of errands that were erased."""
    tally.blanked["cention.sent_errand"] += erased.blank_sent_errands(conn, address)


def _each(conn: Connection[Any], due: Due, blank: Blank, tally: Tally) -> None:
    keys: list[Key] = [START]
    while keys:
        with conn.transaction():
            keys = due(conn, keys[-1])
            if keys:
                blank(conn, keys, tally)


def _errands(conn: Connection[Any], keys: Sequence[Key], tally: Tally) -> None:
    people = _people(keys, erased.people_of(conn, keys))
    _attachments(conn, keys, tally)
    for landed in erased.landed_of(conn, Family.ERRAND_REPORTS, keys):
        key = (landed.workspace, landed.remote_id)
        people[key] = _either(people[key], writer(landed.document))
        _landed(conn, landed, people[key], tally)
    _history(conn, keys, people, tally)
    tally.removed["cention.errand_recipient"] += erased.remove_recipients(conn, keys)
    _callbacks(conn, keys, people, tally)
    tally.blanked.update(erased.blank_errands(conn, keys))
    erased.note_blanked(conn, Family.ERRAND_REPORTS, keys)


def _ratings(conn: Connection[Any], keys: Sequence[Key], tally: Tally) -> None:
    for landed in erased.landed_of(conn, Family.FACEBOOK_RATINGS, keys):
        _landed(conn, landed, Person(""), tally)
    tally.blanked["cention.facebook_rating"] += erased.blank_ratings(conn, keys)
    erased.note_blanked(conn, Family.FACEBOOK_RATINGS, keys)


def _landed(
    conn: Connection[Any], landed: erased.LandedDocument, person: Person, tally: Tally
) -> None:
    document = blanked(landed.document, person, strict=landed.problem is not None)
    problem = landed.problem and redacted(landed.problem, person)
    if (document, problem) != (landed.document, landed.problem):
        key = (landed.workspace, landed.remote_id)
        erased.write_landed(conn, key, landed.family, document, problem=problem)
        tally.blanked["intake.landed"] += 1


def _history(
    conn: Connection[Any], keys: Sequence[Key], people: dict[Key, Person], tally: Tally
) -> None:
    lines = erased.history_of(conn, keys)
    blank = [
        HistoryLine(
            workspace=line.workspace,
            errand_id=line.errand_id,
            action_id=line.action_id,
            note=_unless_named(line.note, people[line.workspace, line.errand_id]),
            origin=_unless_named(line.origin, people[line.workspace, line.errand_id]),
        )
        for line in lines
    ]
    changed = [new for old, new in zip(lines, blank, strict=True) if old != new]
    erased.write_history(conn, changed)
    tally.blanked["cention.errand_action"] += len(changed)


def _unless_named(text: str | None, person: Person) -> str | None:
    return None if text and person.named_in(text) else text


def _callbacks(
    conn: Connection[Any], keys: Sequence[Key], people: dict[Key, Person], tally: Tally
) -> None:
    names = {name for person in people.values() for name in person.names}
    for one in erased.callbacks_of(conn, keys):
        document = blanked(one.document, Person("", names), strict=one.problem is not None)
        if document != one.document:
            erased.write_callback(conn, one.callback_id, document, problem=one.problem)
            tally.blanked["intake.callback"] += 1


def _attachments(conn: Connection[Any], keys: Sequence[Key], tally: Tally) -> None:
    """Contents first: drains lock them before any row."""
    found = erased.attachments_of(conn, keys)
    removed = attachment_blobs.remove(conn, found, reason=REASON, names=True)
    tally.blanked["cention.attachment"] += removed.attachments
    tally.removed["cention.blob"] += removed.contents
    for kind, family in FAMILIES.items():
        own = _of_kind(found, kind)
        tally.removed["intake.wanted"] += erased.stop_wanting(conn, family, own)
        for landed in erased.landed_of(conn, family, own):
            _landed(conn, landed, Person(""), tally)


def _of_kind(found: Sequence[AttachmentKey], kind: AttachmentKind) -> list[Key]:
    return [(one.workspace, one.attachment_id) for one in found if one.kind == kind]


def _people(keys: Sequence[Key], aliases: Sequence[Alias]) -> dict[Key, Person]:
    """Return who each errand is about: its writer, by every name found beside the address."""
    people = {key: Person("") for key in keys}
    for alias in aliases:
        key = (alias.workspace, alias.errand_id)
        people[key] = _either(people[key], Person(alias.address or "", [alias.name]))
    return people


def _either(known: Person, told: Person) -> Person:
    """Return the person known so far, with the names that go with the same address."""
    if not known.address:
        return told.known_as(known.names)
    return known.known_as(told.names) if told.address in ("", known.address) else known
