"""Reads JSON bodies exactly, and extracts the messages of error documents for log lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schemas import strict_json

LOGGED_CHARACTERS = 200
_SCANNED_CHARACTERS = 2_000  # the rest is ignored: the patterns take quadratic time

_SECRETS = re.compile(
    r"eyJ[\w.=-]*"  # a JSON Web Token, or the beginning of one
    r"|\bbearer\s+\S+"
    r"|(?:\b[a-z][a-z0-9+.-]*:)?//\S+"  # a URL, with or without its scheme
    r"|[^\s?]*\?[^\s=]*=\S*",  # a query string
    re.IGNORECASE,
)

ErrorTexts = Callable[[bytes], tuple[str, ...] | None]
"""Returns the texts of an API's error document; ``None`` if the body is no such document."""


def read_json(body: bytes) -> Any:
    """Return the JSON value in ``body``, integers exact whatever their size.

    Strings may hold lone surrogates and control characters. Raises ``ValueError``.
    """
    return strict_json.read_json(body, control_characters=True)


def error_texts(body: bytes) -> tuple[str, ...] | None:
    """Return the messages of a JSON:API error document; ``None`` if ``body`` is not one."""
    try:
        document = read_json(body)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    listed = document.get("errors")
    if not isinstance(listed, list) or not any(isinstance(error, dict) for error in listed):
        return None
    return tuple(_texts(listed))


def error_text(body: bytes) -> tuple[str, ...]:
    """Return the message in ``{"error": "…"}``; ``()`` if ``body`` is something else.

    Cention's APIs that are not JSON:API send it. It gives a reason and no data of the record.
    """
    try:
        document = read_json(body)
    except ValueError:
        return ()
    return _single_text(document) if isinstance(document, dict) else ()


def failure_texts(document: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the messages of a document with an error instead of data; ``None`` for any other."""
    present = [member for member in ("errors", "error") if member in document]
    if document.get("data") is not None or not present:
        return None
    if "data" in document and not any(document[member] for member in present):
        return None  # null is data, and an empty list is not an error
    listed = document.get("errors")
    texts = tuple(_texts(listed)) if isinstance(listed, list) else ()
    return texts + _single_text(document)


def sanitise_for_log(text: str, *, secrets: tuple[str, ...]) -> str:
    """Return one printable line of at most 200 characters, without secrets, URLs and tokens."""
    for secret in filter(None, secrets):
        text = re.sub(re.escape(secret), "[redacted]", text, flags=re.IGNORECASE)
    start = text[:_SCANNED_CHARACTERS]
    printable = "".join(character if character.isprintable() else " " for character in start)
    return " ".join(_SECRETS.sub("[redacted]", printable).split())[:LOGGED_CHARACTERS]


def _single_text(document: Mapping[str, Any]) -> tuple[str, ...]:
    message = document.get("error")
    return (message,) if isinstance(message, str) else ()


def _texts(errors: list[Any]) -> Iterator[str]:
    for error in errors:
        if isinstance(error, dict):
            yield from (
                error[member]
                for member in ("title", "detail")
                if isinstance(error.get(member), str)
            )
