"""Fetches and parses one wanted record; every result and every failure is an outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from schemas.errors import DocumentError, NullResource
from workers.clients import errors
from workers.config import logs
from workers.database import json_text
from workers.sync.jobs.family_spec import FamilySpec, FetchedDocument
from workers.sync.store.activity import Fetches
from workers.sync.store.wanted import Claimed

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The document was fetched and parsed."""

    claimed: Claimed
    fetched_at: datetime
    document: str = field(repr=False)  # JSON text
    record: Any = field(repr=False)
    is_complete: bool  # False: fetch it again later
    fetched: FetchedDocument = field(repr=False)  # to be closed once the record is written


@dataclass(frozen=True, slots=True, kw_only=True)
class Unparseable:
    """The document was fetched and cannot be parsed; it is stored with the reason."""

    claimed: Claimed
    fetched_at: datetime
    document: str = field(repr=False)  # JSON text
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """Cention has no such record."""

    claimed: Claimed
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The record exists and cannot be accepted: it is too large, or its content is invalid."""

    claimed: Claimed
    fetched_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """No document was fetched, or the document cannot be stored."""

    claimed: Claimed
    error: Exception


Outcome = Parsed | Unparseable | NotFound | Refused | Failed
NAMES: Mapping[type[Outcome], str] = {
    Parsed: "parsed",
    Unparseable: "unparseable",
    NotFound: "missing",
    Refused: "refused",
    Failed: "failed",
}


async def fetch_record(spec: FamilySpec, claimed: Claimed, *, fetched_at: datetime) -> Outcome:
    """Fetch and parse one record. Raises nothing: every ``Exception`` becomes an outcome."""
    try:
        return await _fetch(spec, claimed, fetched_at)
    except Exception as error:  # a bug of ours must not stop the rest of the batch
        log.error(
            "internal error",
            family=spec.family,
            remote_id=claimed.remote_id,
            error=type(error).__name__,
            where=logs.stack_without_values(error),
        )
        return _failed(claimed, error)


def close(outcome: Outcome | None) -> None:
    """Close the fetched document of an outcome, if it has one."""
    if isinstance(outcome, Parsed):
        outcome.fetched.close()


def tally(outcomes: Iterable[Outcome]) -> Fetches:
    """Return what came of fetches, as ``NAMES`` counts them, and by HTTP status.

    A missing record is neither stored nor unreadable nor a failure.
    """
    fetches = Fetches()
    for outcome in outcomes:
        fetches.stored += isinstance(outcome, Parsed)
        fetches.unreadable += isinstance(outcome, Unparseable | Refused)
        fetches.failed += isinstance(outcome, Failed)
        fetches.by_status[_status(outcome)] += 1
    return fetches


def _status(outcome: Outcome) -> str:
    match outcome:
        case NotFound():
            return "404"
        case Failed(error=error):
            return str(getattr(error, "status", None) or "none")
        case _:
            return "200"


def _failed(claimed: Claimed, error: Exception) -> Failed:
    """Return a failure; its error keeps no frame, since those of the client hold the body."""
    error.__traceback__ = error.__context__ = None
    return Failed(claimed=claimed, error=error)


async def _fetch(spec: FamilySpec, claimed: Claimed, fetched_at: datetime) -> Outcome:
    try:
        fetched = await spec.fetch(claimed.remote_id)
    except errors.NotFound:
        return NotFound(claimed=claimed, fetched_at=fetched_at)
    except errors.TooDeep as error:
        _, text = json_text.storable({"body": error.body})
        return Unparseable(claimed=claimed, fetched_at=fetched_at, document=text, reason=str(error))
    except (errors.TooLarge, errors.BadContent) as error:
        if spec.mark_refused is None:
            return _failed(claimed, error)
        return Refused(claimed=claimed, fetched_at=fetched_at, reason=str(error))
    except errors.ApiError as error:
        return _failed(claimed, error)
    try:
        return _parse(spec, claimed, fetched, fetched_at)
    except BaseException:
        fetched.close()
        raise


def _parse(
    spec: FamilySpec, claimed: Claimed, fetched: FetchedDocument, fetched_at: datetime
) -> Outcome:
    document, text = json_text.storable(fetched.document)
    try:
        record = spec.parse(claimed.remote_id, document, fetched)
    except NullResource:
        fetched.close()
        return NotFound(claimed=claimed, fetched_at=fetched_at)
    except DocumentError as error:
        fetched.close()
        return Unparseable(claimed=claimed, fetched_at=fetched_at, document=text, reason=str(error))
    return Parsed(
        claimed=claimed,
        fetched_at=fetched_at,
        document=text,
        record=record,
        is_complete=spec.is_complete(record),
        fetched=fetched,
    )
