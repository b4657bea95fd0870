"""Redacts documents about a person; numbers and times stay.

A document of the person's own loses every text except those about the contact centre. A document
of another person loses the address and the names of the person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workers.privacy.rules.person_matcher import ERASED, PersonMatcher

# Texts about what happened and where, not to whom.
UNREDACTED = frozenset(
    {
        *("type", "id", "displayId", "status", "serviceName", "organisationName", "areaName"),
        *("agent", "priority", "date", "answeredDate", "donedate", "attachments", "desc", "time"),
        *("QuestionText", "QuestionHTML", "fbLikes", "fbAction"),
    }
)
UNREDACTED_WITHIN = frozenset({("service", "name")})
UNREDACTED_IF_STRICT = frozenset({"type", "id"})
HISTORY = frozenset({"note", "origin"})  # removed only if they mention the person
COUNTED = frozenset({"Answer", "feedbackAnswer"})  # statistics count whether there is an answer
BODIES = frozenset({"body", "html_body", "htmlBody", "answer_body"})  # removed whatever their type
NUMBERS = frozenset({"reviewerId"})
WRITERS = frozenset({"fromAddress"})
ADDRESSEES = frozenset({"email_address", "emailAddress"})
NAMES = frozenset({"name", "fromName"})


def redact_own(document: Any, person: PersonMatcher, *, strict: bool = False) -> Any:
    """Return a document of the person's own without personal data.

    ``strict``, for unreadable documents: keep no text but types and ids. Returns ``None`` for a
    document that is nested too deep to be traversed.
    """
    unredacted = UNREDACTED_IF_STRICT if strict else UNREDACTED
    within = frozenset() if strict else UNREDACTED_WITHIN

    def text(value: str, key: str, parent: str) -> str:
        if key in COUNTED and not strict:
            return ERASED if value else ""
        if key in HISTORY and not strict:
            return "" if person.has_address_or_name(value) else value
        if key in unredacted or (parent, key) in within:
            return person.redact(value, names=strict)
        return ""

    return _transform(document, person, text, own=True)


def redact_mentions(document: Any, person: PersonMatcher) -> Any:
    """Return a document of another person, or a text, without the person's address and names.

    Names are redacted only in fields that may name people. Returns ``None`` for a document that is
    nested too deep to be traversed.
    """

    def text(value: str, key: str, parent: str) -> str:
        people = key not in UNREDACTED and (parent, key) not in UNREDACTED_WITHIN
        return person.redact(value, names=people)

    return _transform(document, person, text, own=False)


def mentions(document: Any, person: PersonMatcher) -> bool:
    """Return whether a document, or a text, contains the address."""
    return any(person.has_address(text) for _, text in _texts(document))


def names_next_to(document: Any, person: PersonMatcher) -> set[str]:
    """Return the names that are in one object with the address."""
    found: set[str] = set()
    for holder in _objects(document):
        if any(person.matches(holder.get(key)) for key in WRITERS | ADDRESSEES):
            found |= {name for key in NAMES if isinstance(name := holder.get(key), str)}
    return found


def is_own(document: Any, person: PersonMatcher) -> bool:
    """Return whether a document that mentions the person seems to be the person's own.

    It is if the person is its only writer or, without a writer, its only addressee.
    """
    for role in (WRITERS, ADDRESSEES):
        addresses = [text for key, text in _texts(document) if key in role and text.strip()]
        if addresses:
            return all(map(person.matches, addresses))
    return True


def author_of(document: Any) -> PersonMatcher:
    """Return the writer that a document names; without one, a matcher that matches nothing."""
    for holder in _objects(document):
        for key in WRITERS:
            if isinstance(address := holder.get(key), str) and address.strip():
                person = PersonMatcher(address)
                return person.with_names(names_next_to(document, person))
    return PersonMatcher("")


def _transform(
    document: Any, person: PersonMatcher, text: Callable[[str, str, str], str], *, own: bool
) -> Any:
    def walk(value: Any, key: str, parent: str) -> Any:
        if own and key in BODIES:
            return None if value is None else ""
        if isinstance(value, str):
            return text(value, key, parent)
        if isinstance(value, dict):
            members = {}
            for name, member in value.items():
                members[person.redact(name, names=False)] = walk(member, name, key)
            return members
        if isinstance(value, list):
            elements = []
            for element in value:
                elements.append(walk(element, key, parent))
            return elements
        return 0 if own and key in NUMBERS and value is not None else value

    try:
        return walk(document, "", "")
    except RecursionError:
        return None


def _objects(document: Any) -> Iterator[Mapping[str, Any]]:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _texts(document: Any) -> Iterator[tuple[str, str]]:
    """Yield every text with the name of its member, and every name of a member as a text."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, dict):
            for name in value:
                yield "", name
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(key, element) for element in value]
