"""Turns the body of a callback into the document that is stored, and into its fingerprint."""

from __future__ import annotations

import hashlib
import json
import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from receiver.authentication import SECRET_MEMBER, Secrets
from schemas.strict_json import InvalidJson, read_json
from schemas.text.unstorable import ESCAPED_NUL, replace_unstorable, without_nul

MAX_VALUES = 200_000  # in a body; millions, however small, cost process and database many seconds

# Matches at every quote: a string that is not closed ends with the body, so the time is linear.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)


class InvalidBody(ValueError):
    """The body is not one JSON object that can be stored; the message says why, quoting nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalCallback:
    """A callback as it may be stored: without secrets, and with nothing Postgres cannot hold."""

    document: dict[str, Any]
    sha256: bytes  # equal for two deliveries of the same document
    size_bytes: int  # as JSON without white space


def read_body(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``: UTF-8, with or without a byte order mark.

    Raises ``InvalidBody`` for anything else, and for more than ``MAX_VALUES`` values.
    """
    _check_number_of_values(body)
    try:
        document = read_json(body.removeprefix(BOM_UTF8).decode())
    except InvalidJson as error:
        raise InvalidBody(str(error)) from None
    except UnicodeDecodeError:
        raise InvalidBody("The body is not JSON.") from None
    if not isinstance(document, dict):
        raise InvalidBody("The body is not a JSON object.")
    return document


def canonicalise(document: Mapping[str, Any], secrets: Secrets) -> CanonicalCallback:
    """Return ``document`` as it may be stored, and its fingerprint.

    The order of members, white space, the order of ``included``, which Cention shuffles, and the
    secret make no difference to the fingerprint.
    """
    stored = _without_own_secret(document)
    text = _canonical_text(stored)
    if text is not None and ESCAPED_NUL in text:
        stored = orjson.loads(without_nul(orjson.dumps(stored)))
        text = _canonical_text(stored)
    if text is None or secrets.may_contain_secret(text):
        stored = secrets.redact(replace_unstorable(stored))
        text = _canonical_text(stored) or _SLOW_ENCODER.encode(_in_order(stored)).encode()
    return CanonicalCallback(
        document=stored, sha256=hashlib.sha256(text).digest(), size_bytes=len(text)
    )


def _check_number_of_values(body: bytes) -> None:
    if len(body) <= 2 * MAX_VALUES:  # a value and its separator take two bytes
        return
    most_strings = 2 * MAX_VALUES  # each value may have a name
    between, strings = _STRING.subn(b"", body, count=most_strings + 1)
    if strings > most_strings or sum(map(between.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise InvalidBody(f"The body holds more than {MAX_VALUES:,} values.")


def _without_own_secret(document: Mapping[str, Any]) -> dict[str, Any]:
    copy = dict(document)
    if isinstance(meta := copy.get("meta"), dict):
        copy["meta"] = {name: member for name, member in meta.items() if name != SECRET_MEMBER}
    return copy


def _canonical_text(document: dict[str, Any]) -> bytes | None:
    """Return the canonical JSON of ``document``; ``None`` if it holds what orjson cannot write.

    Those are lone surrogates, and integers over 64 bits.
    """
    try:
        return orjson.dumps(_in_order(document), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return None


def _in_order(document: dict[str, Any]) -> dict[str, Any]:
    included = document.get("included")
    if not isinstance(included, list):
        return document
    return {**document, "included": sorted(included, key=_type_and_id)}


def _type_and_id(resource: Any) -> tuple[str, str]:
    if not isinstance(resource, dict):
        return ("", "")
    return (str(resource.get("type")), str(resource.get("id")))


_SLOW_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
