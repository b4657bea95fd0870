"""Answers a request to a resource as the framework does: which handler runs, and which error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deploy.sandbox.http.go_json import NotDecodable
from deploy.sandbox.http.replies import Reply, document_reply, error_document
from deploy.sandbox.http.request_body import read_posted
from deploy.sandbox.http.routes import ApiError, Document, Request, Resource, Route
from deploy.sandbox.http.sparse_fields import UnknownFields, apply_fields

LIST_ALLOWS = "GET,POST,PATCH,OPTIONS"
SINGLE_ALLOWS = "GET,PATCH,DELETE,OPTIONS"


def respond(route: Route, request: Request, resources: Mapping[str, Resource]) -> Reply:
    """Return the reply to a request."""
    if route.custom is not None:
        return route.custom(request)
    resource = resources[route.type]
    if route.method == "OPTIONS":
        allowed = LIST_ALLOWS if route.id_text is None else SINGLE_ALLOWS
        return Reply(status=204, headers={"Allow": allowed})
    try:
        return _respond(route, resource, request, resources)
    except ApiError as refusal:
        return error_reply(refusal.status, refusal.title)
    except NotDecodable as reason:
        return error_reply(406, str(reason))
    except UnknownFields as fields:
        return document_reply({"errors": fields.errors}, status=400)


def error_reply(status: int, title: str) -> Reply:
    """Return a reply with one error."""
    return document_reply(error_document(status, title), status=status)


def _respond(
    route: Route, resource: Resource, request: Request, resources: Mapping[str, Resource]
) -> Reply:
    if route.relation is not None:
        return _relation(route, route.relation, request, resources)
    match route.method:
        case "POST":
            return _create(resource, request)
        case "PATCH":
            find_one(resource, route, request)
            read_posted(request.body, resource.type, {})
            raise ApiError(405, "Method Not Allowed")
        case "DELETE":
            raise ApiError(405, "Method Not Allowed")
    if route.id_text is not None:
        return _found(find_one(resource, route, request), request)
    return _found(_find_all(resource, request), request)


def find_one(resource: Resource, route: Route, request: Request) -> Document:
    """Return the document of the id in the path. Raises ``ApiError``."""
    if resource.find_one is None or route.remote_id is None:
        raise ApiError(404, "resource not found")
    return resource.find_one(request)


def _find_all(resource: Resource, request: Request) -> Document:
    if resource.find_all is None:
        raise ApiError(404, "Resource does not implement the FindAll interface")
    return resource.find_all(request)


def _create(resource: Resource, request: Request) -> Reply:
    if resource.create is None:
        read_posted(request.body, resource.type, {})
        raise ApiError(405, "Method Not Allowed")
    created = resource.create(request)
    headers = {"Location": f"//capi/json//{resource.type}/{created.remote_id}"}  # as at Cention
    if created.document is None:
        return Reply(status=204, headers=headers)
    return replace(_found(created.document, request, status=201), headers=headers)


def _found(document: Document, request: Request, *, status: int = 200) -> Reply:
    apply_fields(document, request.query)
    return document_reply(document, status=status)


def _relation(
    route: Route, relation: str, request: Request, resources: Mapping[str, Resource]
) -> Reply:
    """Answer with the linkage of a relation, or with the list of the resources that it leads to.

    Such a list is that of the other type; the parent need not exist.
    """
    resource = resources[route.type]
    if not route.linkage:
        linked = resources.get(resource.relations[relation])
        if linked is None:
            raise ApiError(404, "No resource handler is registered to handle the linked resource")
        return _found(_find_all(linked, replace(request, parent_type=resource.type)), request)
    data: dict[str, Any] = find_one(resource, route, request)["data"]
    if route.method == "PATCH":
        raise ApiError(500, "target struct must implement the interface of its relations")
    if relation not in data.get("relationships", {}):
        raise ApiError(404, f"There is no relation with the name {relation}")
    return document_reply(data["relationships"][relation])
