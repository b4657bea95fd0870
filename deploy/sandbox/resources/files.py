"""The attachments of answers."""

from __future__ import annotations

from deploy.sandbox.http.routes import ApiError, Document, Request, Resource, ResourceRoutes
from deploy.sandbox.resources.documents import file_attributes, resource
from deploy.sandbox.world.records import RESPONSE_ATTACHMENTS, FileKey


def read_attachment(request: Request) -> Document:
    """Return an attachment with its content. Raises ``ApiError``."""
    file = request.world.files.get(FileKey(RESPONSE_ATTACHMENTS, request.remote_id))
    if file is None:
        raise ApiError(404, "resource not found")
    return resource(RESPONSE_ATTACHMENTS, file.key.file_id, file_attributes(file))


RESOURCE_ROUTES = ResourceRoutes(
    resources=(Resource(type=RESPONSE_ATTACHMENTS, find_one=read_attachment),)
)
