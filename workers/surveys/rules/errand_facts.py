"""What the judge knows of an errand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from schemas.surveys.rule import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandFacts:
    """An errand as it is now."""

    errand_id: int
    answered_at: datetime | None  # null: it is not answered
    closed_at: datetime | None  # null: it is not closed
    reopened: bool = False  # something has happened since the answer, and it is not closed
    deleted: bool = False
    gone: bool = False
    erased: bool = False
    made_by_us: bool = False
    cention_asked: bool = False
    contact: str | None = field(default=None, repr=False)
    contact_name: str | None = field(default=None, repr=False)
    thread_id: int | None = None
    area_id: int | None = None
    area: str | None = None
    service_id: int | None = None
    channel: str | None = None
    organisation_id: int | None = None
    organisation: str | None = None
    agent_id: int | None = None
    agent: str | None = None
    answered_by: str | None = None
    status_code: str | None = None
    tag_ids: tuple[int, ...] | list[int] = ()
    tags: tuple[str, ...] | list[str] = ()

    def event_at(self, event: Event) -> datetime | None:
        """Return when an event happened; ``None`` if it did not."""
        return self.answered_at if event is Event.ANSWERED else self.closed_at
