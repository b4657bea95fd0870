"""Reads paths and queries as Go does."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
DECIMAL = re.compile("[+-]?[0-9]{1,30}", re.ASCII)
MAX_ID = 2**63 - 1


def split_target(target: str) -> tuple[str, str]:
    """Return the decoded path of a request's target, and its query as it is."""
    path, _, query = target.partition("?")
    return unquote(path, errors="surrogateescape"), query


def read_query(query: str) -> dict[str, str]:
    """Return the first value of each parameter; what Go cannot read is ignored."""
    found: dict[str, str] = {}
    for part in query.split("&"):
        if part and ";" not in part and not BROKEN_ESCAPE.search(part):
            name, _, value = part.partition("=")
            found.setdefault(unquote_plus(name), unquote_plus(value))
    return found


def read_id(text: str) -> int | None:
    """Return the id in a path; None if it is not a number."""
    if not DECIMAL.fullmatch(text):
        return None
    number = int(text)
    return number if -MAX_ID <= number <= MAX_ID else None
