"""What may come of fetching one wanted record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from schemas.errors import DocumentError, NullResource
from workers.clients.errors import ApiError, BadContent, NotFound, TooLarge
from workers.config import logs
from workers.database import json_text
from workers.sync.jobs.family_spec import FamilySpec, FetchedDocument
from workers.sync.store.wanted import Claimed

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A document came and was read."""

    claimed: Claimed
    fetched_at: datetime
    document: str = field(repr=False)  # JSON text
    record: Any = field(repr=False)
    complete: bool  # False: worth another look later
    brought: FetchedDocument = field(repr=False)  # to be closed once the record is written


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A document came and makes no sense to us; it is kept and shown."""

    claimed: Claimed
    fetched_at: datetime
    document: str = field(repr=False)  # JSON text
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Cention says that there is no such record."""

    claimed: Claimed
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """The record is there and cannot be taken: too large, or not what it claims to be."""

    claimed: Claimed
    fetched_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No document came, or not even the document can be kept."""

    claimed: Claimed
    error: Exception


Outcome = Understood | Unreadable | Missing | Unfit | Failed


def bring(plan: FamilySpec, claimed: Claimed, *, fetched_at: datetime) -> Outcome:
    """Fetch and read one record; whatever happens becomes an outcome."""
    try:
        return _bring(plan, claimed, fetched_at)
    except Exception as error:  # a fault of ours must not hurt the rest of the batch
        log.error(
            "fault of ours",
            family=plan.family,
            remote_id=claimed.remote_id,
            error=type(error).__name__,
            where=logs.stack_without_values(error),
        )
        return Failed(claimed=claimed, error=error)


def _bring(plan: FamilySpec, claimed: Claimed, fetched_at: datetime) -> Outcome:
    try:
        brought = plan.fetch(claimed.remote_id)
    except NotFound:
        return Missing(claimed=claimed, fetched_at=fetched_at)
    except (TooLarge, BadContent) as error:
        if plan.mark_rejected is None:
            return Failed(claimed=claimed, error=error)
        return Unfit(claimed=claimed, fetched_at=fetched_at, reason=str(error))
    except ApiError as error:
        return Failed(claimed=claimed, error=error)
    try:
        return _read(plan, claimed, brought, fetched_at)
    except BaseException:
        brought.close()
        raise


def _read(
    plan: FamilySpec, claimed: Claimed, brought: FetchedDocument, fetched_at: datetime
) -> Outcome:
    document, text = json_text.storable(brought.document)
    try:
        record = plan.read(claimed.remote_id, document, brought)
    except NullResource:
        brought.close()
        return Missing(claimed=claimed, fetched_at=fetched_at)
    except DocumentError as error:
        brought.close()
        return Unreadable(claimed=claimed, fetched_at=fetched_at, document=text, reason=str(error))
    return Understood(
        claimed=claimed,
        fetched_at=fetched_at,
        document=text,
        record=record,
        complete=plan.complete(record),
        brought=brought,
    )
