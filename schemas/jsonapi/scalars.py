"""Reads the scalars of a JSON document: lossless coercion, and one meaning of "none".

``null`` and ``""`` are ``None`` everywhere. Each function raises marshmallow's ``ValidationError``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeGuard, TypeVar

from marshmallow import ValidationError

from schemas.text.timestamps import from_unix_seconds

T = TypeVar("T")

INT64 = 2**63
INT32 = 2**31
_EXACT_FLOAT = 2.0**53
_DIGITS = re.compile(r"-?[0-9]{1,19}")


def number(value: object) -> int | None:
    """Return a 64-bit integer, also of ``"12"`` and ``12.0``. A boolean is not a number."""
    if type(value) is int:
        whole = value
    elif value is None or value == "":
        return None
    elif _is_whole_number(value):
        whole = int(value)
    else:
        raise ValidationError("must be a whole number")
    if not -INT64 <= whole < INT64:
        raise ValidationError("is too large a number")
    return whole


def _is_whole_number(value: object) -> TypeGuard[str | float]:
    if isinstance(value, str):
        return _DIGITS.fullmatch(value) is not None
    return isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_FLOAT


def small_number(value: object) -> int | None:
    """Return a 32-bit integer: a count, a code, a duration in seconds."""
    whole = number(value)
    if whole is not None and not -INT32 <= whole < INT32:
        raise ValidationError("is too large a number")
    return whole


def optional_id(value: object) -> int | None:
    """Return an id; ``None`` for 0."""
    return number(value) or None


def required_id(value: object) -> int:
    """Return an id that must be present: from 1 on, as a number or in digits."""
    whole = number(value)
    if whole is None or whole < 1:
        raise ValidationError("must be an id: a whole number from 1 on")
    return whole


def text(value: object) -> str | None:
    """Return a text; a number becomes its digits."""
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    if isinstance(value, float) or (type(value) is int and -INT64 <= value < INT64):
        return str(value)
    raise ValidationError("must be a text")


def flag(value: object) -> bool | None:
    """Return a boolean; 0 and 1 are accepted, words are not."""
    if isinstance(value, bool):
        return value
    if value is None or value == "":
        return None
    if value in (0, 1):
        return bool(value)
    raise ValidationError("must be true or false")


def json_text(value: object) -> str | None:
    """Return a text unchanged, and anything else as its JSON.

    Source: Cention Callback, whose table calls ``body`` an object while its sample has a string.
    """
    if value is None or isinstance(value, str):
        return value or None
    try:
        return json.dumps(value, ensure_ascii=False)
    except ValueError as error:  # Python does not print integers of thousands of digits
        raise ValidationError("holds too large a number") from error


def unix_time(value: object) -> datetime | None:
    """Return the UTC time of seconds since 1970; ``None`` for 0."""
    try:
        return from_unix_seconds(number(value) or 0)
    except OverflowError as error:
        raise ValidationError("is a time outside the years 1 to 9999") from error


def member(part: Mapping[str, Any], name: str, read: Callable[[object], T]) -> T:
    """Return one member of an object, read by ``read``; an error names the member."""
    try:
        return read(part.get(name))
    except ValidationError as error:
        raise ValidationError({name: error.messages}) from error
