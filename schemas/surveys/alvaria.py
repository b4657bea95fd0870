"""Alvaria: an access token, the context of a dialog, its outcome, and errors.

Source: Alvaria Cloud Customer Experience Disposable App REST API v2.0.0; the token: Via
Authentication 2.0.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import Any

from schemas.errors import DocumentError, Fault, raise_faults
from schemas.strict_json import InvalidJson, read_json
from schemas.surveys.invitation_fields import pointer_to
from schemas.text.unstorable import replace_unstorable, replace_unstorable_text

OUTCOME_KIND = "cxp#disposableAppOutcome"
EXPIRY_MARGIN_S = 120.0
USUAL_LIFE_S = 3600.0  # of a token without ``expires_in``
LONGEST_LIFE_S = 86_400.0
MAX_SESSION_ID_CHARACTERS = 200
_LARGEST_ID = 2**63 - 1
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A token. It is opaque: it is sent as it is and never decoded."""

    token: str = field(repr=False)
    expires_in_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the script of a dialog has set for the survey."""

    document: Mapping[str, Any] = field(repr=False)  # as ``feedback.session.context`` holds it

    def errand_id(self, key: str) -> int | None:
        """Return the errand that ``key`` names; ``None`` if there is no such number."""
        value = self.document.get(key)
        if isinstance(value, str):
            text = value.strip()
            value = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
        return value if type(value) is int and 0 < value <= _LARGEST_ID else None

    def language(self, key: str) -> str | None:
        """Return the language that ``key`` names, such as ``sv``; ``None`` if there is none."""
        value = self.document.get(key)
        found = _LANGUAGE.fullmatch(value.strip()) if isinstance(value, str) else None
        return re.split("[-_]", found[0])[0].lower() if found else None


def is_session_id(value: str) -> bool:
    """Return whether a dialog can have this id; anybody can call our page with any text."""
    return (
        0 < len(value) <= MAX_SESSION_ID_CHARACTERS and value.isprintable() and bool(value.strip())
    )


def form_of_token(realm: str, scope: str) -> dict[str, str]:
    """Return the fields of the form that asks for a token of the organisation ``realm``."""
    return {"grant_type": "client_credentials", "scope": scope, "realm": realm}


def read_token(document: Any) -> AccessToken:
    """Return the token. Raises ``DocumentError`` if there is none that a header can carry."""
    if not isinstance(document, dict):
        raise DocumentError(Fault("", "must be an object"))
    token = document.get("access_token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise DocumentError(Fault("/access_token", "must be printable ASCII without spaces"))
    return AccessToken(token=token, expires_in_s=_seconds(document.get("expires_in")))


def expires_at(token: AccessToken, *, asked_at: float) -> float:
    """Return until when the token is used, as Unix time in seconds like ``asked_at``."""
    return asked_at + token.expires_in_s - EXPIRY_MARGIN_S


def read_context(document: Any) -> Context:
    """Return the context. ``kind`` and ``content`` may be missing.

    A content that is no JSON object stands under ``content``. Raises ``DocumentError`` if the
    document is no object, or if its content is neither a text nor an object.
    """
    if not isinstance(document, dict):
        raise DocumentError(Fault("", "must be an object"))
    content = document.get("content")
    if content is None:
        return Context(document={})
    if isinstance(content, str):
        content = _object_in(content)
    if not isinstance(content, dict):
        raise DocumentError(Fault("/content", "must be a text"))
    return Context(document=replace_unstorable(content))


def body_of_outcome(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object to send: every value as a text, without those that are ``None``.

    Raises ``DocumentError`` with the pointer of every id that is blank and every value that is no
    text, number or truth.
    """
    raise_faults(_faults(variables))
    return {
        "kind": OUTCOME_KIND,
        "variables": [
            {"id": replace_unstorable_text(name), "value": _text(value)}
            for name, value in variables.items()
            if value is not None
        ],
    }


def variables_of(ids: Mapping[str, str | None], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers to send, by the id of their variable.

    ``ids`` has the variable of each question of the page, by the question's key; an unknown
    variable would be created in the dialog, so no other is sent. ``answers`` is by key as well.
    """
    return {
        variable: answers[key]
        for key, variable in ids.items()
        if variable is not None and answers.get(key) is not None
    }


def error_texts(document: Any) -> tuple[str, ...]:
    """Return what an error document says: its message, and those of its errors."""
    if not isinstance(document, dict):
        return ()
    listed = document.get("errors")
    sources = [document, *(listed if isinstance(listed, list) else ())]
    found = (
        source.get(name)
        for source in sources
        if isinstance(source, dict)
        for name in ("message", "error_description", "error")
    )
    return tuple(dict.fromkeys(text for text in found if isinstance(text, str) and text.strip()))


def _object_in(content: str) -> dict[str, Any]:
    try:
        value = read_json(content, control_characters=True)
    except InvalidJson:
        value = None
    return value if isinstance(value, dict) else {"content": content}


def _faults(variables: Mapping[str, Any]) -> Iterator[Fault]:
    for name, value in variables.items():
        if not isinstance(name, str) or not name.strip():
            yield Fault("", "has a variable whose id is no text or empty")
        elif value is not None and not isinstance(value, str | int | float | Decimal):
            yield Fault(pointer_to(name), "must be a text, a number, true or false")
        elif isinstance(value, int | float | Decimal) and not _is_in_range(value):
            yield Fault(pointer_to(name), "must be a number that a bigint could hold")


def _is_in_range(value: float | Decimal) -> bool:
    # Of an integer that no float holds, isfinite() raises.
    return (isinstance(value, int) or isfinite(value)) and -_LARGEST_ID <= value <= _LARGEST_ID


def _text(value: str | float | Decimal) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal) and value == int(value):
        value = int(value)
    return replace_unstorable_text(str(value))


def _seconds(value: Any) -> float:
    """Return the life of a token, a number or digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0.0:
        return USUAL_LIFE_S
    return float(min(value, LONGEST_LIFE_S))
