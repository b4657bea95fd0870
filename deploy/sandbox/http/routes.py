"""How a family of resources adds its own routes to the sandbox.

A family is one module. It says what it serves in one value, and ``families.py`` lists it::

    def read_question(asked: Asked) -> Reply:
        shelf = asked.world.part(Shelf)
        question = shelf.questions.get(asked.remote_id or 0)
        if question is None:
            raise Rejected(404, "resource not found")
        return document_reply(resource("c3_library_questions", question.id, {...}))

    FAMILY = Family(
        routes={
            ("GET", "capi/json/c3_libraries"): list_libraries,
            ("GET", "capi/json/c3_libraries/{id}/questions"): questions_of_library,
            ("GET", "capi/json/c3_library_questions/{id}"): read_question,
            ("POST", "capi/json/c3_trigger_exports"): run_export,
            ("GET", "capi/custom/logio"): list_logons,
        },
        controls={
            ("GET", "truth/library"): tell_library,      # GET  /sandbox/truth/library
            ("POST", "library/change"): change_library,  # POST /sandbox/library/change
        },
    )

Paths are below ``/s/<workspace>/``; ``{id}`` stands once, for a decimal number. Authorisation,
trailing slashes, unknown methods, OPTIONS and faults are dealt with as for every other resource
before and after the handler; a fault names the type by the segment behind ``capi/json/``, so
``c3_libraries`` for its sub-resources too, and ``logio`` for the log. A handler may therefore be
called, and what it did stand, although its answer never arrives.

A handler refuses by raising ``Rejected``; ``posted.py`` reads the body of a POST and answers 406
to one that does not fit. ``replies.py`` has ``document_reply`` and ``created_reply``.

A family keeps its state in a class of its own that takes the ``World``:
``world.part(Shelf)`` makes it when it is first asked for, and returns the same one ever after.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from deploy.sandbox.http.replies import Reply
from deploy.sandbox.world.world import World

ID = "{id}"


class Rejected(Exception):
    """A handler refuses: the answer is an error document with this status and title."""

    def __init__(self, status: int, title: str, *, code: str | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """What a path names: a type, an id if it goes on, and the family's route if it is one."""

    type: str
    id_text: str | None
    route: str | None = None

    @property
    def remote_id(self) -> int | None:
        """The id as a number; None for a list, and for what is no number."""
        text = self.id_text or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as a handler sees it."""

    world: World
    rng: random.Random
    zone: ZoneInfo  # of dates without one
    remote_id: int | None  # what stood for ``{id}``; None only where the route has none
    query: Mapping[str, str]  # of a repeated parameter, the first value
    body: bytes


Handler = Callable[[Asked], Reply]
# Gets the query of a GET or the JSON object of a POST; returns what is told as JSON.
# ``ValueError`` is answered 400 with its text.
Control = Callable[[World, Mapping[str, Any]], Any]


@dataclass(frozen=True, kw_only=True)
class Family:
    """What one module serves: by method and path, for Cention's clients and for tests."""

    routes: Mapping[tuple[str, str], Handler]
    controls: Mapping[tuple[str, str], Control] = field(default_factory=dict)


class Routes:
    """All families' routes, found by path."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._handlers: dict[str, dict[str, Handler]] = {}
        for family in families:
            for (method, path), handler in family.routes.items():
                self._handlers.setdefault(path, {})[method] = handler

    def find(self, path: str) -> Target | None:
        """Return what ``path``, below the workspace and without a slash at its end, names."""
        segments = path.split("/")
        for place in (None, 3):  # "capi", "json", the type, and then perhaps an id
            pattern = list(segments)
            id_text = None
            if place is not None and len(segments) > place:
                id_text, pattern[place] = segments[place], ID
            route = "/".join(pattern)
            if route in self._handlers and (ID in pattern) == (id_text is not None):
                return Target(segments[2], id_text, route)
        return None

    def handler(self, method: str, target: Target) -> Handler | None:
        """Return who answers ``method`` for ``target``; None if nobody does."""
        return self._handlers[target.route or ""].get(method)

    def methods(self, target: Target) -> str:
        """Return what ``Allow`` says of ``target``."""
        return ",".join(("OPTIONS", *self._handlers[target.route or ""]))
