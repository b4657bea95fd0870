"""JSON as Cention writes it: HTML characters escaped, and lone surrogates in texts."""

from __future__ import annotations

from typing import Any

import orjson

MEDIA_TYPE = "application/vnd.api+json"

# Cention passes on surrogate pairs that mail programs cut in two. Python cannot encode a lone
# surrogate, so this private-use character stands for it until the document is encoded.
LONE_SURROGATE = "\ue000".encode()


def encode(document: Any) -> bytes:
    """Return ``document`` as JSON, with ``<``, ``>`` and ``&`` escaped as by Go."""
    return (
        orjson.dumps(document)
        .replace(b"<", b"\\u003c")
        .replace(b">", b"\\u003e")
        .replace(b"&", b"\\u0026")
        .replace(LONE_SURROGATE, b"\\ud83d")
    )
