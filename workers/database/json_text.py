"""JSON that Postgres accepts: without U+0000, lone surrogates and NaN."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import orjson

from schemas.text.unstorable import ESCAPED_NUL, replace_unstorable, without_nul


def storable(document: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return a document that jsonb can store, and its text; other characters become U+FFFD."""
    try:
        text = orjson.dumps(document)
    except orjson.JSONEncodeError:  # lone surrogates, integers over 64 bits
        document = replace_unstorable(document)
        return document, json.dumps(document, ensure_ascii=False, allow_nan=False)
    if ESCAPED_NUL in text:
        text = without_nul(text)
        document = orjson.loads(text)
    return document, text.decode()


def array(texts: Iterable[str]) -> str:
    """Join JSON texts to one JSON array: in a Postgres array each would need escaping."""
    return f"[{','.join(texts)}]"
