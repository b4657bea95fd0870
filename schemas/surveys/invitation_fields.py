"""What every vendor is sent alike: our reference, and texts within the vendor's limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from schemas.errors import Fault
from schemas.text.unstorable import replace_unstorable_text

REFERENCE = "Invitation"
DISPLAY_ID = "Errand"
# No name, address or title has these, and no database holds all of them.
_NO_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def own_pairs(reference: str, display_id: str) -> dict[str, str]:
    """Return the pairs that bring an answer back to its invitation and errand."""
    return {REFERENCE: reference, DISPLAY_ID: display_id}


def is_absent(value: Any) -> bool:
    """Return whether an optional field says nothing: ``None``, or a text without characters."""
    return value is None or (isinstance(value, str) and not value.strip())


def pointer_to(*names: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a member, out of the names on the way to it."""
    escaped = (str(name).replace("~", "~0").replace("/", "~1") for name in names)
    return "".join(f"/{replace_unstorable_text(name)}" for name in escaped)


def faults_of_text(
    value: Any, pointer: str, *, required: bool = False, max_characters: int | None = None
) -> Iterator[Fault]:
    """Yield what is wrong with a text. ``None`` is absent, which only ``required`` forbids."""
    if value is None:
        if required:
            yield Fault(pointer, "is missing")
        return
    if not isinstance(value, str):
        yield Fault(pointer, "must be a text")
        return
    if required and is_absent(value):
        yield Fault(pointer, "is empty")
    if max_characters is not None and len(value) > max_characters:
        yield Fault(pointer, f"has more than {max_characters} characters")
    if _NO_TEXT.search(value):
        yield Fault(pointer, "holds a control character")


def faults_of_names(pairs: Mapping[Any, Any], pointer: str) -> Iterator[Fault]:
    """Yield what is wrong with the names of additional pairs: each is ours to choose but two."""
    taken = {name.casefold() for name in (REFERENCE, DISPLAY_ID)}
    for name in pairs:
        if not isinstance(name, str) or not name.strip():
            yield Fault(pointer, "has a name that is no text or empty")
        elif name.strip().casefold() in taken:
            yield Fault(pointer + pointer_to(name), "is the name of a pair of ours")
