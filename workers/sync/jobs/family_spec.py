"""A family of fetched records, as a value: how to fetch, parse and save one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from workers.config.names import Family
from workers.database import Connection
from workers.database.records import Fetched
from workers.sync.rules import retry_policy


class FetchedDocument(Protocol):
    """A JSON:API document that was fetched, and perhaps an open file that belongs to it."""

    @property
    def document(self) -> dict[str, Any]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainDocument:
    """A document without a file."""

    document: dict[str, Any] = field(repr=False)

    def close(self) -> None:
        """Do nothing: no file is open."""


Parse = Callable[[int, dict[str, Any], Any], Any]
"""Makes a record from its id, its document and what was fetched; raises ``DocumentError``."""

Save = Callable[[Connection, str, Sequence[Fetched[Any]]], None]
"""Writes records of a workspace."""


class MarkGone(Protocol):
    """Marks records of a workspace as gone."""

    def __call__(
        self, conn: Connection, workspace: str, ids: Sequence[int], /, *, at: datetime
    ) -> None: ...


class MarkRefused(Protocol):
    """Marks records of a workspace that exist at Cention and cannot be accepted."""

    def __call__(
        self,
        conn: Connection,
        workspace: str,
        ids: Sequence[int],
        /,
        *,
        reason: str,
        at: datetime,
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainLimits:
    """How much may be done at once for one family of one workspace."""

    max_drains: int  # at the same time, over all processes
    lease_s: float  # of a claimed batch
    batch_size: int = 200  # records claimed at once
    group_size: int = 100  # records written in one transaction, at most
    max_batches: int = 5  # claimed by one drain, so that other work gets its process


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySpec:
    """How one family of one workspace is fetched and stored."""

    workspace: str
    family: Family
    limits: DrainLimits
    fetch: Callable[[int], Awaitable[FetchedDocument]]  # raises ApiError
    parse: Parse
    save: Save
    mark_gone: MarkGone
    mark_refused: MarkRefused | None = None  # None: a refused record is parked
    is_complete: Callable[[Any], bool] = lambda record: True  # False: fetch again later

    @property
    def in_flight_s(self) -> float:
        """Return for how long a request without an answer may still take effect at Cention."""
        return min(self.limits.lease_s, retry_policy.IN_FLIGHT_S)
