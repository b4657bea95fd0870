"""The resources with routes of their own."""

from __future__ import annotations

from deploy.sandbox.http.routes import ResourceRoutes
from deploy.sandbox.resources import contacts, errands, exports, library_routes, logons
from deploy.sandbox.surveys import results

RESOURCES: tuple[ResourceRoutes, ...] = (
    contacts.RESOURCE_ROUTES,
    errands.RESOURCE_ROUTES,
    exports.RESOURCE_ROUTES,
    library_routes.RESOURCE_ROUTES,
    logons.RESOURCE_ROUTES,
    results.RESOURCE_ROUTES,
)
