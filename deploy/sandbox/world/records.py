"""Records of errands, ratings, files and callbacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from deploy.sandbox.world.sample_data import Area, Named, Person, Service


class Verb(StrEnum):
    """The kinds of actions, in the words of Cention's notes."""

    CREATED = "created"
    OPENED = "opened"
    ANSWERED = "answered"
    ANSWERED_AND_CLOSED = "answered and closed"
    COMMENTED = "commented"
    POSTPONED = "postponed"
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
    """An attachment; its bytes are generated from ``seed`` when they are needed."""

    key: FileKey
    name: str
    content_type: str
    size_bytes: int
    seed: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer to an errand, for its callback and its report."""

    answer_id: int
    response_id: int
    recipient_id: int
    subject: str
    body: str
    files: tuple[FileKey, ...]


class ErrandMessage(NamedTuple):
    """Subject and text of an errand that a client created."""

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
    message: ErrandMessage | None = None  # None: the text belongs to the topic
    answer: Answer | None = None
    feedback: int | None = None  # index in sample_data.FEEDBACK
    answered_at: int | None = None
    closed_at: int | None = None
    deleted: bool = False
    forwarded: bool = False
    gone: bool = False  # fetching it gives 404
    sla_expiry: int | None = None  # 0, 1 (near) or 2 (late); None: from the times of the errand
    sla_known_at: float = 0  # until then the report has ``sla: null``


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A Facebook rating; a change replaces it, with ``version`` one higher."""

    rating_id: int
    version: int
    stars: int | None
    message: str | None
    reviewer_id: int
    reviewer_name: str
    created_at: int


@dataclass(slots=True, kw_only=True)
class Callback:
    """One answer callback and the state of its delivery."""

    callback_id: int
    errand: Errand
    service: Service
    person: Person
    answer: Answer
    tries: int = 0
    accepted: bool = False
    last_status: int | None = None  # None: the last try had no answer


@dataclass(slots=True)
class Ids:
    """Id sequences, one for each kind of record, all with the same first id.

    So an attachment and an archive may have the same id, as at Cention.
    """

    first: int
    _next: dict[str, int] = field(default_factory=dict)

    def take(self, kind: str) -> int:
        """Return the next id of ``kind``."""
        number = self._next.get(kind, self.first)
        self._next[kind] = number + 1
        return number
