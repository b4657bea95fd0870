"""Parses ids of the command line: numbers, ranges, or a list on standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence

import click

from schemas.request_validation import MAX_SAFE_INTEGER
from schemas.text.printable import escape

MAX_IDS = 1_000_000
MAX_ID = 2**63 - 1
BAD_SHOWN = 5
_RANGE = re.compile(r"([0-9]{1,16})(?:-([0-9]{1,16}))?")


def read_ids(words: Sequence[str]) -> list[int]:
    """Return the ids in ``words``, sorted, without repeats; ``-`` reads standard input.

    Raises ``click.UsageError`` with the words that are not ids.
    """
    ranges = {word: _range(word) for word in _expanded(words)}
    bad = [word for word, found in ranges.items() if found is None]
    if bad:
        shown = ", ".join(repr(escape(word)[:40]) for word in bad[:BAD_SHOWN])
        more = f" and {len(bad) - BAD_SHOWN} more" if len(bad) > BAD_SHOWN else ""
        raise click.UsageError(
            f"Not ids: {shown}{more}. Write numbers from 1, or ranges such as 5-9."
        )
    good = [found for found in ranges.values() if found]
    if sum(map(len, good)) > MAX_IDS:
        raise click.UsageError(f"More than {MAX_IDS:,} ids at once.")
    return sorted({one for found in good for one in found})


def _expanded(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        if word == "-":
            yield from sys.stdin.read().split()
        else:
            yield word


def _range(word: str) -> range | None:
    found = _RANGE.fullmatch(word)
    if found is None:
        return None
    first, last = int(found[1]), int(found[2] or found[1])
    return range(first, last + 1) if 1 <= first <= last <= MAX_SAFE_INTEGER else None
