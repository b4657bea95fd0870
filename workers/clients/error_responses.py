"""Maps responses other than 2xx to errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from schemas.jsonapi import MEDIA_TYPE
from workers.clients import errors
from workers.clients.json_bodies import ErrorTexts, error_text, error_texts, sanitise_for_log

MAX_RETRY_AFTER_S = 3600.0

_Kind = tuple[type[errors.ApiError], str]

_UNAUTHORISED: _Kind = (errors.Unauthorised, "token refused")
_KINDS: Mapping[int, _Kind] = MappingProxyType(
    {
        401: _UNAUTHORISED,
        403: _UNAUTHORISED,
        # Gateways send it on a connection that was idle too long, whatever the request was.
        408: (errors.IncompleteResponse, "timed out waiting for the request"),
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
    texts_in: ErrorTexts = error_texts,
) -> errors.ApiError:
    """Return the error for a status that is not 2xx; ``body`` may be truncated or empty.

    A body with the ``media_type`` of JSON:API, or one in which ``texts_in`` finds an error
    document, comes from the API itself and not from a server before it. ``secrets`` are removed
    from the body's text in the message.
    """
    texts = texts_in(body)
    detail = sanitise_for_log(": ".join(texts or error_text(body)), secrets=secrets)
    if status in _BUSY:
        return errors.Busy(
            _message("overloaded or unavailable", detail),
            api=api,
            status=status,
            retry_after_s=retry_after_s(retry_after, now=now),
        )
    from_api = texts is not None or media_type.lower().startswith(MEDIA_TYPE)
    kind, meaning = _kind(status, from_api=from_api)
    return kind(_message(meaning, detail), api=api, status=status)


def retry_after_s(text: str | None, *, now: datetime) -> float | None:
    """Return ``Retry-After``, seconds or an HTTP date, within 0 and 3600; ``None`` if neither."""
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


def _kind(status: int, *, from_api: bool) -> _Kind:
    if status in _KINDS:
        return _KINDS[status]
    if status in _MAYBE_GONE:
        return (errors.NotFound, "not found") if from_api else (errors.WrongUrl, "no such route")
    if 300 <= status < 400:
        return errors.Redirected, "redirected"
    if 400 <= status < 500:
        return errors.BadRequest, "request refused"
    if 500 <= status < 600:
        return errors.IncompleteResponse, "failed on the server"
    return errors.InvalidResponse, "unexpected status"


def _clamped(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _message(meaning: str, detail: str) -> str:
    return f"{meaning}: {detail}" if detail else meaning
