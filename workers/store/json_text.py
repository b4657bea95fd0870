"""JSON as Postgres takes it: no U+0000, no lone surrogates, no NaN."""

from __future__ import annotations

import json
from typing import Any

import orjson

from schemas.clean import clean


def dump(value: Any) -> str:
    """Return a JSON value as text that jsonb accepts; what it cannot hold becomes U+FFFD."""
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:  # lone surrogates, integers over 64 bits, deep nesting
        return json.dumps(clean(value), ensure_ascii=False, allow_nan=False)
    if b"\\u0000" in text:
        text = orjson.dumps(clean(value))
    return text.decode()
