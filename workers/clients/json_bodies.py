"""What a body says: JSON read exactly, and error documents made fit for a log line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from schemas import strict_json

SAID_CHARACTERS = 200
_HEARD_CHARACTERS = 2_000  # of a longer text the rest is not looked at: the patterns are quadratic

_SECRETS = re.compile(
    r"eyJ[\w.=-]*"  # a JSON Web Token, or the beginning of one
    r"|\bbearer\s+\S+"
    r"|(?:\b[a-z][a-z0-9+.-]*:)?//\S+"  # a URL, with or without its scheme
    r"|[^\s?]*\?[^\s=]*=\S*",  # a query string
    re.IGNORECASE,
)


def read_json(body: bytes) -> Any:
    """Return the JSON value in ``body``, integers exact whatever their size.

    Strings may hold lone surrogates and control characters. Raises ``ValueError``.
    """
    # orjson silently makes floats of integers beyond 64 bits, and rejects lone surrogates.
    return strict_json.read_json(body, control_characters=True)


def error_texts(body: bytes) -> tuple[str, ...] | None:
    """Return what a JSON:API error document says; ``None`` if ``body`` is no such document."""
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
    """Return what ``{"error": "…"}`` says; nothing if ``body`` is not of that kind.

    Cention's APIs that are not JSON:API answer so. It says why, and nothing of the record.
    """
    try:
        document = read_json(body)
    except ValueError:
        return ()
    return _single_text(document) if isinstance(document, dict) else ()


def failure_texts(document: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what a document says that holds an error in place of data; ``None`` if it does not."""
    told = [member for member in ("errors", "error") if member in document]
    if document.get("data") is not None or not told:
        return None
    if "data" in document and not any(document[member] for member in told):
        return None  # null is data, and an empty list no error
    listed = document.get("errors")
    texts = tuple(_texts(listed)) if isinstance(listed, list) else ()
    return texts + _single_text(document)


def sanitise_for_log(text: str, *, secrets: tuple[str, ...]) -> str:
    """Return one printable line of at most 200 characters, without secrets, URLs and tokens."""
    for secret in secrets:
        text = text.replace(secret, "[redacted]")
    heard = text[:_HEARD_CHARACTERS]
    printable = "".join(character if character.isprintable() else " " for character in heard)
    return " ".join(_SECRETS.sub("[redacted]", printable).split())[:SAID_CHARACTERS]


def _single_text(document: Mapping[str, Any]) -> tuple[str, ...]:
    said = document.get("error")
    return (said,) if isinstance(said, str) else ()


def _texts(errors: list[Any]) -> Iterator[str]:
    for error in errors:
        if isinstance(error, dict):
            yield from (
                error[member]
                for member in ("title", "detail")
                if isinstance(error.get(member), str)
            )
