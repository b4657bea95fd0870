"""Writes documents as CentraCX's samples show them: without quotes, and without most commas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ?-]*")


def bare_words(value: Any) -> str:
    """Return a JSON value, one member a line."""
    if isinstance(value, Mapping):
        members = "".join(f"{name}: {bare_words(member)}\n" for name, member in value.items())
        return f"{{\n{members}}}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(bare_words, value)) + "\n]"
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return str(value)
