"""Replaces the characters that JSON allows and Postgres cannot store."""

from __future__ import annotations

import re
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ESCAPED_NUL = b"\\u0000"  # U+0000 in a JSON text, and a backslash before the letters u0000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NUL_OR_BACKSLASH = re.compile(rb"\\(?:u0000|\\)")


def replace_unstorable(value: Any) -> Any:
    """Return a copy of a JSON value in which U+0000 and lone surrogates are U+FFFD, keys included.

    Any depth is allowed. If two keys become equal, the later member wins. Order is kept.
    """
    if not isinstance(value, dict | list):
        return _replace_in_scalar(value)
    root: Any = type(value)()
    waiting: list[tuple[Any, Any]] = [(value, root)]
    while waiting:
        source, copy = waiting.pop()
        if isinstance(source, dict):
            for key, member in source.items():
                copy[replace_unstorable_text(key)] = _start_copy(member, waiting)
        else:
            copy.extend([_start_copy(element, waiting) for element in source])
    return root


def replace_unstorable_text(text: str) -> str:
    """Return ``text`` with U+0000 and lone surrogates replaced by U+FFFD."""
    if "\0" not in text and (text.isascii() or _encodable(text)):
        return text
    return _UNSTORABLE.sub(REPLACEMENT, text)


def without_nul(json_text: bytes) -> bytes:
    """Return a JSON text with each escaped U+0000 as U+FFFD. Keys that become equal stay."""
    return _NUL_OR_BACKSLASH.sub(_replace_nul, json_text)


def _replace_nul(found: re.Match[bytes]) -> bytes:
    return REPLACEMENT.encode() if found[0] == ESCAPED_NUL else found[0]


def _start_copy(value: Any, waiting: list[tuple[Any, Any]]) -> Any:
    """Copy a scalar; of a container, start an empty copy that is filled later."""
    if not isinstance(value, dict | list):
        return _replace_in_scalar(value)
    copy: Any = type(value)()
    waiting.append((value, copy))
    return copy


def _replace_in_scalar(value: Any) -> Any:
    return replace_unstorable_text(value) if isinstance(value, str) else value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
