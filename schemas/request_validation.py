"""Validates what we send: Cention ignores names that it does not know, and rejects wrong types."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas.errors import Fault

MAX_SAFE_INTEGER = 2**53 - 1  # Cention reads JSON numbers as doubles, ids included
MAX_DEPTH = 64

_WORDS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: its JSON type, and whether it must be present and not empty."""

    kind: type
    required: bool = False


Members = Mapping[str, Member]


def faults_of(
    value: Any, members: Members, pointer: str, *, allow_unknown: bool = False
) -> Iterator[Fault]:
    """Yield the faults of an object; ``null`` counts as absent.

    An unknown name is a fault, because Cention would ignore it silently. With ``allow_unknown`` it
    is one only if it differs from a known name in nothing but case and underscores.
    """
    if not isinstance(value, dict):
        yield Fault(pointer, "must be an object")
        return
    known = {_folded(name): name for name in members}
    for name in value:
        meant = known.get(_folded(name))
        if name in members or (allow_unknown and meant is None):
            continue
        yield Fault(
            f"{pointer}/{name}", f"must be spelled {meant}" if meant else "is not a field there"
        )
    for name, member in members.items():
        if detail := _wrong(value.get(name), member):
            yield Fault(f"{pointer}/{name}", detail)


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _wrong(value: Any, member: Member) -> str | None:
    if value is None:
        return "is missing" if member.required else None
    if type(value) is not member.kind:
        return f"must be {_WORDS[member.kind]}"
    if member.required and value == "":
        return "is empty"
    return None


def faults_of_json(value: Any, pointer: str) -> Iterator[Fault]:
    """Yield what would not arrive unchanged: numbers beyond a double, and too deep a nesting."""
    yield from _faults_within(value, pointer, _wrong_number)


def non_json_faults(value: Any, pointer: str) -> Iterator[Fault]:
    """Yield what JSON cannot represent: other Python objects, names that are not texts, cycles."""
    yield from _faults_within(value, pointer, _no_json)


def _faults_within(value: Any, pointer: str, wrong: Callable[[Any], str | None]) -> Iterator[Fault]:
    level = [(pointer, value)]
    for _ in range(MAX_DEPTH):
        for place, part in level:
            if detail := wrong(part):
                yield Fault(place, detail)
        level = [child for place, parent in level for child in _children(place, parent)]
        if not level:
            return
    yield Fault(pointer, f"nests deeper than {MAX_DEPTH} levels")


def _children(pointer: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{pointer}/{name}", child) for name, child in value.items())
    elif isinstance(value, list | tuple):
        yield from ((f"{pointer}/{place}", child) for place, child in enumerate(value))


def _no_json(value: Any) -> str | None:
    if not isinstance(value, dict | list | tuple | str | int | float | None):
        return "is not a JSON value"
    if isinstance(value, dict) and not all(isinstance(name, str) for name in value):
        return "has a name that is not a text"
    return None


def _wrong_number(value: Any) -> str | None:
    if type(value) is int and abs(value) > MAX_SAFE_INTEGER:
        return "is beyond 2**53 - 1 and would not arrive unchanged"
    if isinstance(value, float) and not math.isfinite(value):
        return "is not a number in JSON"
    return None
