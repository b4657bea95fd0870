"""Reads what a browser sent: its query and its form, whatever bytes they are."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from urllib.parse import parse_qsl

from flask import request
from werkzeug.formparser import FormDataParser

from receiver.request_body import read_body
from schemas.text.unstorable import replace_unstorable_text

BODY_MAX_BYTES = 64 * 1024
MAX_FIELDS = 50
MULTIPART = "multipart/form-data"


def read_query() -> dict[str, str]:
    """Return the first value of each field of the query; nothing if it has too many."""
    return _fields(request.query_string)


def read_form() -> dict[str, str]:
    """Return the first value of each field of the form; nothing if there is no form.

    Raises ``RequestEntityTooLarge`` or ``BadRequest``: it did not arrive whole.
    """
    body = read_body(max_bytes=BODY_MAX_BYTES)
    if request.mimetype == MULTIPART:
        return _parts(body)
    return _fields(body)


def cleaned(text: str) -> str:
    """Return a text as it can be stored, with line feeds for line ends, and no blank ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return replace_unstorable_text(lines).strip()


def number_of(text: str | None) -> int | None:
    """Return a small positive number; ``None`` if it is none."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return int(text) or None


def _fields(encoded: bytes) -> dict[str, str]:
    text = encoded.decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}
    return _first(pairs)


def _parts(body: bytes) -> dict[str, str]:
    parser = FormDataParser(max_form_memory_size=BODY_MAX_BYTES, max_form_parts=MAX_FIELDS)
    _, form, _ = parser.parse(BytesIO(body), MULTIPART, len(body), request.mimetype_params)
    return _first(form.items())


def _first(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found
