"""How a module of resources adds its own routes to the sandbox.

Such a module has a value ``RESOURCE_ROUTES``, which ``http/resources.py`` lists::

    def read_question(request: Request) -> Reply:
        library = request.world.state(Library)
        question = library.questions.get(request.remote_id or 0)
        if question is None:
            raise ApiError(404, "resource not found")
        return document_reply(resource("c3_library_questions", question.id, {...}))

    RESOURCE_ROUTES = ResourceRoutes(
        routes={
            ("GET", "capi/json/c3_libraries"): list_libraries,
            ("GET", "capi/json/c3_libraries/{id}/questions"): questions_of_library,
            ("GET", "capi/json/c3_library_questions/{id}"): read_question,
            ("POST", "capi/json/c3_trigger_exports"): run_export,
            ("GET", "capi/custom/logio"): list_logons,
        },
        controls={
            ("GET", "truth/library"): expected_library,  # GET  /sandbox/truth/library
            ("POST", "library/change"): change_library,  # POST /sandbox/library/change
        },
    )

Paths are below ``/s/<workspace>/``; ``{id}`` stands at most once, for a decimal number.
Authorisation, trailing slashes, unknown methods, OPTIONS and faults are handled before and after
the handler. A fault's type is the segment after ``capi/json/`` (``c3_libraries`` also for its
sub-resources), or ``logio`` for the log. A handler may be called, and its effect kept, although
its reply is lost.

A handler rejects a request by raising ``ApiError``. ``request_body.py`` decodes the body of a POST,
and ``replies.py`` has ``document_reply`` and ``created_reply``.

Such a module keeps its state in a class that is built from the ``World``: ``world.state(Library)``
builds it at the first call, and then always returns the same object.
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


class ApiError(Exception):
    """Raised by a handler; the reply is an error document with this status and title."""

    def __init__(self, status: int, title: str, *, code: str | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """The resource of a path: its type, its id, and the route of its module if there is one."""

    type: str
    id_text: str | None
    route: str | None = None

    @property
    def remote_id(self) -> int | None:
        """The id as a number; None for a list, and for an id that is not a number."""
        text = self.id_text or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, for a handler."""

    world: World
    rng: random.Random
    zone: ZoneInfo  # for dates without a time zone
    remote_id: int | None  # the ``{id}`` of the path; None if the route has none
    query: Mapping[str, str]  # the first value of a repeated parameter
    body: bytes


Handler = Callable[[Request], Reply]
# The input is the query of a GET or the JSON object of a POST; the result is sent as JSON, but for
# a ``Reply``. ``ValueError`` becomes a 400 with its text.
Control = Callable[[World, Mapping[str, Any]], Any]


@dataclass(frozen=True, kw_only=True)
class ResourceRoutes:
    """The routes of one module by method and path: of the API, and control routes for tests."""

    routes: Mapping[tuple[str, str], Handler]
    controls: Mapping[tuple[str, str], Control] = field(default_factory=dict)


class Routes:
    """The routes of all resources."""

    def __init__(self, resources: Iterable[ResourceRoutes]) -> None:
        self._handlers: dict[str, dict[str, Handler]] = {}
        for resource in resources:
            for (method, path), handler in resource.routes.items():
                self._handlers.setdefault(path, {})[method] = handler

    def find(self, path: str) -> Target | None:
        """Return the target of ``path`` (below the workspace, without a slash at its end)."""
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
        """Return the handler of ``method`` for ``target``, if there is one."""
        return self._handlers[target.route or ""].get(method)

    def methods(self, target: Target) -> str:
        """Return the value of the ``Allow`` header for ``target``."""
        return ",".join(("OPTIONS", *self._handlers[target.route or ""]))
