"""Filters by the names of areas, agents and tags, which are typed or chosen from a list."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workers.database import Connection
from workers.operations.store import errand_search
from workers.operations.store.errand_search import Choice
from workers.web.parameters import id_of

Kind = Literal["area", "agent", "tag"]
KINDS: tuple[Kind, ...] = ("area", "agent", "tag")
LONGEST = 100  # characters of a name that the list shows
_WITH_ID = re.compile(r".* \(([0-9]{1,18})\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFilter:
    """One filter, and what its control shows."""

    id: int | None  # None: it lets everything through, or there is a problem
    shown: str  # in the control
    options: Sequence[str]  # the list, in which each text names one thing
    problem: str  # the name of a text: nothing has this name, or several things; empty: none


def read(conn: Connection, workspace: str, kind: Kind, typed: str) -> NameFilter:
    """Return the filter for a name, an id, or both as the list has them; empty: everything."""
    options = _options(errand_search.choices(conn, workspace, kind))
    listed = list(options.values())
    typed = _plain(typed)
    if not typed:
        return NameFilter(id=None, shown="", options=listed, problem="")
    found = _meant(conn, workspace, kind, typed)
    if len(found) == 1:
        shown = options.get(found[0].id) or _with_id(found[0])
        return NameFilter(id=found[0].id, shown=shown, options=listed, problem="")
    problem = f"errands.{'several' if found else 'wrong'}_{kind}"
    return NameFilter(id=None, shown=_short(typed), options=listed, problem=problem)


def _meant(conn: Connection, workspace: str, kind: Kind, typed: str) -> Sequence[Choice]:
    """Return what may be meant. An id comes first: addresses that were bookmarked have it."""
    with_id = _WITH_ID.fullmatch(typed)
    try:
        found = errand_search.choices(
            conn, workspace, kind, id_=id_of(with_id[1] if with_id else typed)
        )
    except ValueError:
        found = []
    if with_id:
        found = [one for one in found if _with_id(one).casefold() == typed.casefold()]
    return found or errand_search.choices(conn, workspace, kind, name=typed)


def _options(listed: Sequence[Choice]) -> dict[int, str]:
    """Return the text of each choice by its id: its name, with the id where that is not clear."""
    number = Counter(_plain(one.name).casefold() for one in listed)
    return {one.id: _option(one, number[_plain(one.name).casefold()]) for one in listed}


def _option(one: Choice, of_that_name: int) -> str:
    name = _plain(one.name)
    reads_like_an_id = name.isdecimal() or _WITH_ID.fullmatch(name)
    can_be_typed = name == one.name and 0 < len(name) <= LONGEST and not reads_like_an_id
    return name if can_be_typed and of_that_name == 1 else _with_id(one)


def _with_id(one: Choice) -> str:
    return f"{_short(_plain(one.name))} ({one.id})"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}…"


def _plain(text: str) -> str:
    """Return a text as a control of one line has it."""
    return " ".join(text.replace("\0", "").split())
