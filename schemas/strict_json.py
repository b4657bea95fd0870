"""Reads JSON strictly: NaN, huge numbers and endless nesting raise ``InvalidJson``."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

import orjson

# orjson makes floats of integers beyond 64 bits; those of fewer digits are exact.
_LONG_NUMBER = b"0" * 19
_DIGITS_AS_0 = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))


class InvalidJson(ValueError):
    """The text is not JSON; the message says why, in one sentence that quotes nothing."""


def read_json(text: str | bytes, *, control_characters: bool = False) -> Any:
    """Return the JSON value in ``text``, integers exact whatever their size.

    Of a member that occurs twice the last counts. Bytes may be UTF-8, UTF-16 or UTF-32.
    ``control_characters`` lets them stand unescaped in strings; lone surrogates always may.
    Raises ``InvalidJson`` for ``NaN``, ``Infinity``, floats beyond the range of a double,
    integers of thousands of digits, and nesting without end.
    """
    encoded = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    if _LONG_NUMBER not in encoded.translate(_DIGITS_AS_0):
        try:
            return orjson.loads(encoded)
        except orjson.JSONDecodeError:
            pass  # what it refuses may be allowed here, and has a reason if not
    return _read_slowly(text, _LENIENT if control_characters else _STRICT)


def _read_slowly(text: str | bytes, decoder: json.JSONDecoder) -> Any:
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        return decoder.decode(text)
    except InvalidJson:
        raise
    except (ValueError, RecursionError):
        raise InvalidJson("The body is not JSON.") from None


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise InvalidJson("A number is too large.")
    return number


def _no_constant(name: str) -> float:
    raise InvalidJson(f"{name} is not JSON.")


_STRICT = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
_LENIENT = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant, strict=False)
