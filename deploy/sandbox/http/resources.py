"""The resources of the API."""

from __future__ import annotations

from deploy.sandbox.http.routes import ResourceRoutes
from deploy.sandbox.resources import (
    contacts,
    dirty_lists,
    errands,
    exports,
    files,
    library_routes,
    logons,
    ratings,
    reports,
)
from deploy.sandbox.surveys import results

RESOURCES: tuple[ResourceRoutes, ...] = (
    contacts.RESOURCE_ROUTES,
    dirty_lists.RESOURCE_ROUTES,
    errands.RESOURCE_ROUTES,
    exports.RESOURCE_ROUTES,
    files.RESOURCE_ROUTES,
    library_routes.RESOURCE_ROUTES,
    logons.RESOURCE_ROUTES,
    ratings.RESOURCE_ROUTES,
    reports.RESOURCE_ROUTES,
    results.RESOURCE_ROUTES,
)
