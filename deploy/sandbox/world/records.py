"""What the sandbox remembers of errands, ratings, files and callbacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from deploy.sandbox.world.sample_data import Area, Named, Person, Service


class Verb(StrEnum):
    """What was done to an errand, in the words of its action's note."""

    CREATED = "created"
    OPENED = "opened"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    TAGGED = "tagged"
    ASSIGNED = "assigned"
    MOVED = "moved to another area"
    FORWARDED = "forwarded to an external expert"
    RATED = "rated by the customer"
    DELETED = "deleted"


class Action(NamedTuple):
    """One line in the history of an errand."""

    action_id: int
    verb: Verb
    agent: Named
    at: int  # epoch seconds


class FileKey(NamedTuple):
    """The resource type and id under which a file is fetched."""

    type: str
    file_id: int


RESPONSE_ATTACHMENTS = "c3_response_attachments"
AREA_ARCHIVES = "c3_area_archives"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment; its bytes are made anew from ``seed`` whenever they are needed."""

    key: FileKey
    name: str
    content_type: str
    size_bytes: int
    seed: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply to an errand, as its callback and the next report tell it."""

    answer_id: int
    response_id: int
    recipient_id: int
    subject: str
    body: str
    files: tuple[FileKey, ...]


class Letter(NamedTuple):
    """What a client wrote into an errand it created."""

    subject: str
    html: str


@dataclass(slots=True, kw_only=True)
class Errand:
    """The present state of one errand; every change adds one to ``version``."""

    errand_id: int
    version: int
    arrived_at: int  # epoch seconds, as all times here
    changed_at: int
    topic: int
    person: Person
    area: Area
    service: Service
    agent: Named
    tags: tuple[Named, ...]
    to: tuple[str, ...]
    copies: tuple[str, ...]
    thread_id: int
    file_count: int
    actions: list[Action]
    letter: Letter | None = None  # None: it is about its topic
    answer: Answer | None = None
    feedback: int | None = None  # index in the catalogue
    answered_at: int | None = None
    closed_at: int | None = None
    deleted: bool = False
    forwarded: bool = False
    gone: bool = False  # fetched, it answers 404
    sla_known_at: float = 0  # until then a report says ``sla: null``


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A Facebook rating; changed ones are replaced, with ``version`` one higher."""

    rating_id: int
    version: int
    stars: int | None
    message: str | None
    reviewer_id: int
    reviewer_name: str
    created_at: int


@dataclass(slots=True, kw_only=True)
class Callback:
    """One answer callback on its way to the receiver."""

    callback_id: int
    errand: Errand
    service: Service
    person: Person
    answer: Answer
    tries: int = 0
    accepted: bool = False
    last_status: int | None = None  # None: nothing was ever answered


@dataclass(slots=True)
class Ids:
    """Number sequences, one a kind, all beginning at the same number.

    So an attachment and an archive of equal number are different things, as at Cention.
    """

    first: int
    _next: dict[str, int] = field(default_factory=dict)

    def take(self, kind: str) -> int:
        """Return the next free number of ``kind``."""
        number = self._next.get(kind, self.first)
        self._next[kind] = number + 1
        return number
