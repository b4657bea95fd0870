"""A family of fetched records, as a value: how to fetch, read and save, and when to look again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from psycopg import Connection

from workers.config.names import Family
from workers.database.records import Fetched
from workers.sync.rules import retry_policy


class FetchedDocument(Protocol):
    """What a fetch brings home: a JSON:API document, perhaps with a file beside it."""

    @property
    def document(self) -> dict[str, Any]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainDocument:
    """A document with nothing beside it."""

    document: dict[str, Any] = field(repr=False)

    def close(self) -> None:
        """Nothing is open."""


Read = Callable[[int, dict[str, Any], Any], Any]
"""Makes a record of id, document and what was brought; raises ``DocumentError``."""

Save = Callable[[Connection[Any], str, Sequence[Fetched[Any]]], None]
"""Writes records of a workspace."""


class MarkGone(Protocol):
    """Notes that Cention knows records of a workspace no more."""

    def __call__(
        self, conn: Connection[Any], workspace: str, ids: Sequence[int], /, *, at: datetime
    ) -> None: ...


class MarkRejected(Protocol):
    """Notes that records of a workspace are there and cannot be taken."""

    def __call__(
        self,
        conn: Connection[Any],
        workspace: str,
        ids: Sequence[int],
        /,
        *,
        reason: str,
        at: datetime,
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySpec:
    """How one family of one workspace is drained."""

    workspace: str
    family: Family
    batch: int  # records claimed at once
    group: int  # records written in one transaction, at most
    places: int  # drains at once
    lease_s: float
    fetch: Callable[[int], FetchedDocument]  # raises ApiError
    read: Read
    complete: Callable[[Any], bool]  # False: worth another look
    save: Save
    mark_gone: MarkGone
    mark_rejected: MarkRejected | None  # None: what cannot be taken parks

    @property
    def in_flight_s(self) -> float:
        """For how long a request that we lost sight of may still have its effect at Cention."""
        return min(self.lease_s, retry_policy.IN_FLIGHT_S)
