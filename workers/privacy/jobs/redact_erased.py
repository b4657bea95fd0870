"""Redacts stored data of erased records, also when it is fetched again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from schemas.cention.attachments import AttachmentKind
from workers.config.names import Family
from workers.database import Connection
from workers.privacy.jobs.erasure_counts import ErasureCounts
from workers.privacy.rules.person_matcher import PersonMatcher
from workers.privacy.rules.redaction import author_of, redact_mentions, redact_own
from workers.privacy.store import attachment_blobs, erased
from workers.privacy.store.attachment_blobs import AttachmentKey
from workers.privacy.store.erased import Alias, Key
from workers.sync.jobs.parsers import FAMILIES

BATCH = 50  # errands at once, each with its answers
START: Key = ("", -1)
REASON = "its errand was erased"

Pending = Callable[[Connection, Key], list[Key]]
Redact = Callable[[Connection, Sequence[Key], ErasureCounts], None]


def redact_pending(conn: Connection, counts: ErasureCounts) -> None:
    """Redact the data of erased records that is not redacted yet, a transaction a batch.

    ``conn`` is in autocommit mode. May be interrupted and run again at any time.
    """
    _each(
        conn, lambda c, after: erased.pending_errands(c, after=after, limit=BATCH), _errands, counts
    )
    _each(
        conn, lambda c, after: erased.pending_ratings(c, after=after, limit=BATCH), _ratings, counts
    )
    redact_sent(conn, [], counts)


def redact_sent(conn: Connection, spellings: list[str], counts: ErasureCounts) -> None:
    """Redact sent errands of an address in any of its spellings, and those of erased errands."""
    counts.redacted["cention.sent_errand"] += erased.redact_sent_errands(conn, spellings)


def _each(conn: Connection, pending: Pending, redact: Redact, counts: ErasureCounts) -> None:
    keys: list[Key] = [START]
    while keys:
        with conn.transaction():
            keys = pending(conn, keys[-1])
            if keys:
                redact(conn, keys, counts)


def _errands(conn: Connection, keys: Sequence[Key], counts: ErasureCounts) -> None:
    people = _people(keys, erased.people_of(conn, keys))
    _attachments(conn, keys, counts)
    for landed in erased.landed_of(conn, Family.ERRAND_REPORTS, keys):
        key = (landed.workspace, landed.remote_id)
        people[key] = _merged(people[key], author_of(landed.document))
        _landed(conn, landed, people[key], counts)
    _history(conn, keys, people, counts)
    counts.removed["cention.errand_recipient"] += erased.remove_recipients(conn, keys)
    _callbacks(conn, keys, people, counts)
    counts.redacted.update(erased.redact_errands(conn, keys))
    erased.record_redacted(conn, Family.ERRAND_REPORTS, keys)


def _ratings(conn: Connection, keys: Sequence[Key], counts: ErasureCounts) -> None:
    for landed in erased.landed_of(conn, Family.FACEBOOK_RATINGS, keys):
        _landed(conn, landed, PersonMatcher(""), counts)
    counts.redacted["cention.facebook_rating"] += erased.redact_ratings(conn, keys)
    erased.record_redacted(conn, Family.FACEBOOK_RATINGS, keys)


def _landed(
    conn: Connection,
    landed: erased.LandedDocument,
    person: PersonMatcher,
    counts: ErasureCounts,
) -> None:
    document = redact_own(landed.document, person, strict=landed.problem is not None)
    problem = landed.problem and redact_mentions(landed.problem, person)
    if (document, problem) != (landed.document, landed.problem):
        key = (landed.workspace, landed.remote_id)
        erased.write_landed(conn, key, landed.family, document, problem=problem)
        counts.redacted["intake.landed"] += 1


def _history(
    conn: Connection,
    keys: Sequence[Key],
    people: dict[Key, PersonMatcher],
    counts: ErasureCounts,
) -> None:
    lines = erased.history_of(conn, keys)
    redacted = [
        replace(
            line,
            note=_none_if_mentioned(line.note, people[line.workspace, line.errand_id]),
            origin=_none_if_mentioned(line.origin, people[line.workspace, line.errand_id]),
        )
        for line in lines
    ]
    changed = [new for old, new in zip(lines, redacted, strict=True) if old != new]
    erased.write_history(conn, changed)
    counts.redacted["cention.errand_action"] += len(changed)


def _none_if_mentioned(text: str | None, person: PersonMatcher) -> str | None:
    return None if text and person.has_address_or_name(text) else text


def _callbacks(
    conn: Connection,
    keys: Sequence[Key],
    people: dict[Key, PersonMatcher],
    counts: ErasureCounts,
) -> None:
    names = {name for person in people.values() for name in person.names}
    for one in erased.callbacks_of(conn, keys):
        document = redact_own(
            one.document, PersonMatcher("", names), strict=one.problem is not None
        )
        if document != one.document:
            erased.write_callback(conn, one.callback_id, document, problem=one.problem)
            counts.redacted["intake.callback"] += 1


def _attachments(conn: Connection, keys: Sequence[Key], counts: ErasureCounts) -> None:
    """Redact attachments; contents first, as drains lock them before any row."""
    found = erased.attachments_of(conn, keys)
    removed = attachment_blobs.remove(conn, found, reason=REASON, names=True)
    counts.redacted["cention.attachment"] += removed.attachments
    counts.removed["cention.blob"] += removed.contents
    for kind, family in FAMILIES.items():
        own = _of_kind(found, kind)
        counts.removed["intake.wanted"] += erased.stop_wanting(conn, family, own)
        for landed in erased.landed_of(conn, family, own):
            _landed(conn, landed, PersonMatcher(""), counts)


def _of_kind(found: Sequence[AttachmentKey], kind: AttachmentKind) -> list[Key]:
    return [(one.workspace, one.attachment_id) for one in found if one.kind == kind]


def _people(keys: Sequence[Key], aliases: Sequence[Alias]) -> dict[Key, PersonMatcher]:
    """Return the writer of each errand, with every name found next to the address."""
    people = {key: PersonMatcher("") for key in keys}
    for alias in aliases:
        key = (alias.workspace, alias.errand_id)
        people[key] = _merged(people[key], PersonMatcher(alias.address or "", [alias.name]))
    return people


def _merged(known: PersonMatcher, other: PersonMatcher) -> PersonMatcher:
    """Return the known person, with the names of ``other`` if the address is the same."""
    if not known.address:
        return other.with_names(known.names)
    same = not other.address or known.matches(other.address)
    return known.with_names(other.names) if same else known
