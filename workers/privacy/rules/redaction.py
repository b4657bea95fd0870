"""What stays of a document about a person: its numbers, its times, and what others wrote.

A document that is the person's own is blanked: every text goes but for those that speak of the
contact centre. One that is somebody else's loses the address, and the names of the person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workers.privacy.rules.person_matcher import ERASED, Person

# Texts that say what happened and where, not to whom.
KEPT = frozenset(
    {
        *("type", "id", "displayId", "status", "serviceName", "organisationName", "areaName"),
        *("agent", "priority", "date", "answeredDate", "donedate", "attachments", "desc", "time"),
        *("QuestionText", "QuestionHTML", "fbLikes", "fbAction"),
    }
)
KEPT_WITHIN = frozenset({("service", "name")})
STRICTLY_KEPT = frozenset({"type", "id"})
HISTORY = frozenset({"note", "origin"})  # blank only where they speak of the person
COUNTED = frozenset({"Answer", "feedbackAnswer"})  # an answer is a fact to be counted
BODIES = frozenset({"body", "html_body", "htmlBody", "answer_body"})  # whatever they are
NUMBERS = frozenset({"reviewerId"})
WRITERS = frozenset({"fromAddress"})
ADDRESSEES = frozenset({"email_address", "emailAddress"})
NAMES = frozenset({"name", "fromName"})


def blanked(document: Any, person: Person, *, strict: bool = False) -> Any:
    """Return a document of the person's own without what may speak of the person.

    ``strict``: it could not be read, so no text but types and ids is trusted to be harmless.
    Returns ``None`` for one that is nested too deep to be looked through.
    """
    kept = STRICTLY_KEPT if strict else KEPT
    within = frozenset() if strict else KEPT_WITHIN

    def text(value: str, key: str, parent: str) -> str:
        if key in COUNTED and not strict:
            return ERASED if value else ""
        if key in HISTORY and not strict:
            return "" if person.named_in(value) else value
        if key in kept or (parent, key) in within:
            return person.erased_from(value, names=strict)
        return ""

    return _walked(document, person, text, blank=True)


def redacted(document: Any, person: Person) -> Any:
    """Return somebody else's document, or a text, without the person's address and names.

    Names go only from where they may be those of people. Returns ``None`` for a document that is
    nested too deep to be looked through.
    """

    def text(value: str, key: str, parent: str) -> str:
        people = key not in KEPT and (parent, key) not in KEPT_WITHIN
        return person.erased_from(value, names=people)

    return _walked(document, person, text, blank=False)


def mentions(document: Any, person: Person) -> bool:
    """Tell whether the address is in a document, or a text."""
    return any(person.mentioned_in(text) for _, text in _texts(document))


def names_beside(document: Any, person: Person) -> set[str]:
    """Return the names that stand in one object with the address."""
    found: set[str] = set()
    for holder in _objects(document):
        if any(person.is_(holder.get(key)) for key in WRITERS | ADDRESSEES):
            found |= {name for key in NAMES if isinstance(name := holder.get(key), str)}
    return found


def claimed(document: Any, person: Person) -> bool:
    """Tell whether a document that mentions the person seems to be the person's own.

    It is if nobody else wrote it, or, where it tells no writer, nobody else was written to.
    """
    for role in (WRITERS, ADDRESSEES):
        told = [text for key, text in _texts(document) if key in role and text.strip()]
        if told:
            return all(map(person.is_, told))
    return True


def writer(document: Any) -> Person:
    """Return who wrote a document, as it tells itself; nobody if it does not."""
    for holder in _objects(document):
        for key in WRITERS:
            if isinstance(address := holder.get(key), str) and address.strip():
                person = Person(address)
                return person.known_as(names_beside(document, person))
    return Person("")


def _walked(
    document: Any, person: Person, text: Callable[[str, str, str], str], *, blank: bool
) -> Any:
    def walk(value: Any, key: str, parent: str) -> Any:
        if blank and key in BODIES:
            return None if value is None else ""
        if isinstance(value, str):
            return text(value, key, parent)
        if isinstance(value, dict):
            made = {}
            for name, member in value.items():
                made[person.erased_from(name, names=False)] = walk(member, name, key)
            return made
        if isinstance(value, list):
            elements = []
            for element in value:
                elements.append(walk(element, key, parent))
            return elements
        return 0 if blank and key in NUMBERS and value is not None else value

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
