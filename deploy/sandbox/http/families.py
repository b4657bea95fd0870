"""The families with routes of their own."""

from __future__ import annotations

from deploy.sandbox.http.routes import Family
from deploy.sandbox.resources import contacts, errands, exports, library_routes, logons
from deploy.sandbox.surveys import results

FAMILIES: tuple[Family, ...] = (
    contacts.FAMILY,
    errands.FAMILY,
    exports.FAMILY,
    library_routes.FAMILY,
    logons.FAMILY,
    results.FAMILY,
)
