"""Which error an answer other than 2xx is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from schemas.jsonapi import MEDIA_TYPE
from workers.clients import errors
from workers.clients.json_bodies import error_text, error_texts, sanitise_for_log

MAX_RETRY_AFTER_S = 3600.0

_Kind = tuple[type[errors.ApiError], str]

_UNAUTHORISED: _Kind = (errors.Unauthorised, "token refused")
_KINDS: Mapping[int, _Kind] = MappingProxyType(
    {
        401: _UNAUTHORISED,
        403: _UNAUTHORISED,
        # Sent by gateways on a connection that was idle too long, whatever was asked on it.
        408: (errors.IncompleteResponse, "gave up waiting for the request"),
    }
)
_BUSY = frozenset({429, 502, 503, 504})
_MAYBE_GONE = frozenset({404, 410})
_SECONDS = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*")


def error_for(
    status: int,
    *,
    retry_after: str | None,
    body: bytes,
    media_type: str = "",
    api: str,
    secrets: tuple[str, ...],
    now: datetime,
) -> errors.ApiError:
    """Choose the error for a status that is not 2xx; ``body`` may be cut off or empty.

    What has the ``media_type`` of JSON:API, or is an error document, comes from the API itself.
    ``secrets`` are struck from what the body says before that becomes part of the message.
    """
    texts = error_texts(body)
    said = sanitise_for_log(": ".join(texts or error_text(body)), secrets=secrets)
    if status in _BUSY:
        return errors.Busy(
            _message("asks for patience", said),
            api=api,
            status=status,
            retry_after_s=retry_after_s(retry_after, now=now),
        )
    of_the_api = texts is not None or media_type.lower().startswith(MEDIA_TYPE)
    kind, meaning = _kind(status, of_the_api=of_the_api)
    return kind(_message(meaning, said), api=api, status=status)


def retry_after_s(text: str | None, *, now: datetime) -> float | None:
    """Read ``Retry-After``: seconds or an HTTP date, clamped to 0 and 3600; ``None`` if neither."""
    if text is None:
        return None
    if number := _SECONDS.fullmatch(text):
        return _clamped(float(number[1]))
    try:
        then = parsedate_to_datetime(text)
        if then.tzinfo is None:
            then = then.replace(tzinfo=UTC)
        return _clamped((then - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _kind(status: int, *, of_the_api: bool) -> _Kind:
    if status in _KINDS:
        return _KINDS[status]
    if status in _MAYBE_GONE:
        return (errors.NotFound, "not found") if of_the_api else (errors.WrongUrl, "no such route")
    if 300 <= status < 400:
        return errors.Redirected, "sends us elsewhere"
    if 400 <= status < 500:
        return errors.BadRequest, "request refused"
    if 500 <= status < 600:
        return errors.IncompleteResponse, "failed over there"
    return errors.InvalidResponse, "no status that means anything here"


def _clamped(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _message(meaning: str, said: str) -> str:
    return f"{meaning}: {said}" if said else meaning
