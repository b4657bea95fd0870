"""Facebook ratings."""

from __future__ import annotations

from deploy.sandbox.http.routes import ApiError, Document, Request, Resource, ResourceRoutes
from deploy.sandbox.resources.documents import RATINGS, rating_attributes, resource


def read_rating(request: Request) -> Document:
    """Return a rating, and clear its dirty flag. Raises ``ApiError``."""
    request.world.dirty_ratings.discard(request.remote_id)
    rating = request.world.ratings.get(request.remote_id)
    if rating is None:
        raise ApiError(404, "resource not found")
    return resource(RATINGS, rating.rating_id, rating_attributes(rating))


RESOURCE_ROUTES = ResourceRoutes(resources=(Resource(type=RATINGS, find_one=read_rating),))
