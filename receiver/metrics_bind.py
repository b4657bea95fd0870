"""Serves metrics and the details of health on ``METRICS_BIND`` alone, if that is set.

The receiver's server marks the requests that arrive there. Others see neither; what arrives there
sees nothing else.
"""

from __future__ import annotations

from flask import Flask, request
from werkzeug.exceptions import NotFound

MARK = "cention.metrics_bind"  # of a request that arrived there, in its scope and environ
METRICS, HEALTH = "metrics", "health"  # names of blueprints


def is_marked() -> bool:
    """Return whether this request arrived at ``METRICS_BIND``."""
    return bool(request.environ.get(MARK, False))


def separate(app: Flask) -> None:
    """Answer 404 to requests for pages that are not served where they arrived."""

    @app.before_request
    def require_page() -> None:
        hidden = request.blueprint not in (METRICS, HEALTH)
        if hidden if is_marked() else request.blueprint == METRICS:
            raise NotFound
