"""How a module of resources is served, and which route a path has.

Such a module has a value ``RESOURCE_ROUTES``, which ``http/resources.py`` lists::

    def read_question(request: Request) -> Document:
        question = request.world.state(Library).questions.get(request.remote_id)
        if question is None:
            raise ApiError(404, "resource not found")
        return resource("c3_library_questions", question.id, {...})

    RESOURCE_ROUTES = ResourceRoutes(
        resources=(
            Resource(
                type="c3_library_questions",
                find_one=read_question,
                find_all=list_questions,
                relations={"attachments": "c3_library_attachments"},
            ),
            Resource(type="c3_trigger_exports", create=run_export),
        ),
        custom={"capi/custom/logio": list_logons},
        controls={
            ("GET", "truth/library"): expected_library,  # GET  /sandbox/truth/library
            ("POST", "library/change"): change_library,  # POST /sandbox/library/change
        },
    )

As in Cention's framework, every resource has all routes of its type, and answers 404 or 405 to what
it does not serve. Authorisation, redirects, OPTIONS, ``fields[...]`` and faults are not the
handler's business. A fault's type is the type of the path, or ``logio`` for the log. A handler may
be called, and its effect kept, although its reply is lost.

Such a module keeps its state in a class that is built from the ``World``: ``world.state(Library)``
builds it at the first call, and then always returns the same object.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from deploy.sandbox.http.replies import Delivery, Reply
from deploy.sandbox.http.urls import read_id
from deploy.sandbox.world.world import World

API = "capi/json/"
RELATIONSHIPS = "relationships"
Document = dict[str, Any]


class ApiError(Exception):
    """Raised by a handler; the reply is an error document with this status and title."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, for a handler."""

    world: World
    rng: random.Random
    zone: ZoneInfo  # for dates without a time zone
    remote_id: int = 0  # the id in the path; of a related list, that of its parent
    parent_type: str | None = None  # of a related list
    query: Mapping[str, str]  # the first value of a repeated parameter
    body: bytes
    sla_null: bool = False  # the report's SLA is not computed yet
    delivery: Delivery = field(default_factory=Delivery)  # of the reply to this request


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What a POST has made; without a document, the answer is 204."""

    remote_id: int
    document: Document | None


Find = Callable[[Request], Document]
# The input is the query of a GET or the JSON object of a POST; the result is sent as JSON, but for
# a ``Reply``. ``ValueError`` becomes a 400 with its text.
Control = Callable[[World, Mapping[str, Any]], Any]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource type, with what it serves."""

    type: str
    find_one: Find | None = None
    find_all: Find | None = None
    create: Callable[[Request], Created] | None = None
    relations: Mapping[str, str] = field(default_factory=dict)  # the types they lead to


@dataclass(frozen=True, kw_only=True)
class ResourceRoutes:
    """The routes of one module: its resources, other paths, and control routes for tests."""

    resources: tuple[Resource, ...] = ()
    custom: Mapping[str, Callable[[Request], Reply]] = field(default_factory=dict)  # GET only
    controls: Mapping[tuple[str, str], Control] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The route of a request: a resource, perhaps with an id and a relation, or a custom path."""

    method: str
    type: str
    resource: Resource | None = None
    custom: Callable[[Request], Reply] | None = None
    id_text: str | None = None
    relation: str | None = None
    linkage: bool = False  # the relation itself, not the resources that it leads to

    @property
    def remote_id(self) -> int | None:
        """The id as a number; None for a list, and for an id that is not a number."""
        return None if self.id_text is None else read_id(self.id_text)


LIST_METHODS = ("GET", "POST", "OPTIONS")
SINGLE_METHODS = ("GET", "PATCH", "DELETE", "OPTIONS")
# Gin finds no redirect where a longer route goes on after the slash.
METHODS_BELOW_SINGLE = ("GET", "PATCH")


class Routes:
    """The routes of all resources."""

    def __init__(self, modules: Iterable[ResourceRoutes]) -> None:
        listed = list(modules)
        self.resources = {one.type: one for module in listed for one in module.resources}
        self._custom = {path: handle for module in listed for path, handle in module.custom.items()}

    def find(self, method: str, path: str) -> Route | None:
        """Return the route of ``path``, which is below the workspace."""
        if path in self._custom:
            if method != "GET":
                return None
            return Route(method=method, type=path.split("/")[-1], custom=self._custom[path])
        type_, *rest = path.removeprefix(API).split("/")
        resource = self.resources.get(type_) if path.startswith(API) else None
        if resource is None or (rest and not rest[0]):
            return None
        return _route(method, resource, rest)

    def redirects(self, method: str, path: str) -> bool:
        """Return whether ``path`` has a slash at its end too many, which is redirected."""
        route = self.find(method, path[:-1]) if path.endswith("/") else None
        if route is None:
            return False
        single = route.id_text is not None and route.relation is None
        goes_on = route.resource is not None and route.resource.relations
        return not (single and goes_on and method in METHODS_BELOW_SINGLE)


def _route(method: str, resource: Resource, rest: list[str]) -> Route | None:
    match rest:
        case []:
            if method in LIST_METHODS:
                return Route(method=method, type=resource.type, resource=resource)
        case [id_text]:
            if method in SINGLE_METHODS:
                return Route(method=method, type=resource.type, resource=resource, id_text=id_text)
        case [id_text, *between, relation] if between in ([], [RELATIONSHIPS]):
            if relation in resource.relations and method in (
                ("GET", "PATCH") if between else "GET"
            ):
                return Route(
                    method=method,
                    type=resource.type,
                    resource=resource,
                    id_text=id_text,
                    relation=relation,
                    linkage=bool(between),
                )
    return None
