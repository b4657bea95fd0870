"""Reads JSON strictly: NaN, huge numbers and deep nesting raise ``InvalidJson``."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

import orjson

# Levels of brackets. orjson writes 254, so what is read here can be stored, also within a few more;
# and no function that calls itself for each level comes near Python's limit.
MAX_DEPTH = 250
TOO_DEEP = f"nests deeper than {MAX_DEPTH} levels"
_NESTS = (dict, list)

# orjson makes floats of integers beyond 64 bits; those of fewer digits are exact.
_LONG_NUMBER = b"0" * 19
_DIGITS_AS_0 = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))


class InvalidJson(ValueError):
    """The text is not JSON; the message says why, in one sentence that quotes nothing."""


class TooDeep(InvalidJson):
    """The text nests deeper than ``MAX_DEPTH`` levels."""

    def __init__(self) -> None:
        super().__init__(f"The body {TOO_DEEP}.")


def read_json(text: str | bytes, *, control_characters: bool = False) -> Any:
    """Return the JSON value in ``text``, integers exact whatever their size.

    Of a member that occurs twice the last counts. Bytes may be UTF-8, UTF-16 or UTF-32.
    ``control_characters`` lets them stand unescaped in strings; lone surrogates always may.
    Raises ``TooDeep`` for more than ``MAX_DEPTH`` levels, and ``InvalidJson`` for ``NaN``,
    ``Infinity``, floats beyond the range of a double, and integers of thousands of digits.
    """
    encoded = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    value = _read(text, encoded, _LENIENT if control_characters else _STRICT)
    if encoded.count(b"{") + encoded.count(b"[") > MAX_DEPTH:
        _reject_depth(value)
    return value


def _read(text: str | bytes, encoded: bytes, decoder: json.JSONDecoder) -> Any:
    if _LONG_NUMBER not in encoded.translate(_DIGITS_AS_0):
        try:
            return orjson.loads(encoded)
        except orjson.JSONDecodeError:
            pass  # what it refuses may be allowed here, and has a reason if not
    return _read_slowly(text, decoder)


def _read_slowly(text: str | bytes, decoder: json.JSONDecoder) -> Any:
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        return decoder.decode(text)
    except InvalidJson:
        raise
    except RecursionError:
        raise TooDeep from None
    except ValueError:
        raise InvalidJson("The body is not JSON.") from None


def _reject_depth(value: Any) -> None:
    level = [value] if type(value) in _NESTS else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) in _NESTS
        ]
        if not level:
            return
    raise TooDeep


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise InvalidJson("A number is too large.")
    return number


def _no_constant(name: str) -> float:
    raise InvalidJson(f"{name} is not JSON.")


_STRICT = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
_LENIENT = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant, strict=False)
