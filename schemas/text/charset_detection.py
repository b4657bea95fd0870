"""Detects the charset of text that declares none and is not UTF-8."""

from __future__ import annotations

import chardet

MIN_BYTES = 4  # beyond ASCII
MIN_SHARE = 0.5  # of letters that are beyond ASCII: fewer are Latin, mostly
LOOKED_AT_BYTES = 64 * 1024

_NO_LETTERS = bytes(byte for byte in range(128) if not chr(byte).isalpha())
_ASCII = bytes(range(128))


def detected_label(content: bytes) -> str:
    """Return the label of a likely charset, or "" if the letters are mostly ASCII or few.

    Among Latin charsets a guess from some letters is wrong too often.
    """
    start = content[:LOOKED_AT_BYTES]
    letters, beyond = len(start.translate(None, _NO_LETTERS)), len(start.translate(None, _ASCII))
    if beyond < MIN_BYTES or beyond < MIN_SHARE * letters:
        return ""
    return str(chardet.detect(start)["encoding"] or "")
