"""The lists of changed errands and ratings."""

from __future__ import annotations

from deploy.sandbox.http.go_types import Integer, ListOf
from deploy.sandbox.http.request_body import read_posted
from deploy.sandbox.http.routes import Created, Document, Request, Resource, ResourceRoutes
from deploy.sandbox.resources.documents import (
    DIRTY_ERRANDS,
    DIRTY_RATINGS,
    dirty_errands,
    dirty_ratings,
)

ATTRIBUTES = {"errands": ListOf(Integer())}


def list_errands(request: Request) -> Document:
    """Return the ids of changed errands."""
    return dirty_errands(request.world.dirty_errands)


def mark_errands(request: Request) -> Created:
    """Mark the errands in the request as changed, and answer with a list without errands."""
    posted = read_posted(request.body, DIRTY_ERRANDS, ATTRIBUTES)
    request.world.mark_dirty(posted.attributes.get("errands", []))
    return Created(remote_id=0, document=dirty_errands([]))


def list_ratings(request: Request) -> Document:
    """Return the ids of changed ratings."""
    return dirty_ratings(request.world.dirty_ratings)


RESOURCE_ROUTES = ResourceRoutes(
    resources=(
        Resource(type=DIRTY_ERRANDS, find_all=list_errands, create=mark_errands),
        Resource(type=DIRTY_RATINGS, find_all=list_ratings),
    )
)
