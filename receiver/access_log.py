"""Gunicorn's log, whose access lines do not name surveys: their addresses are secrets."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

# Paths without a secret; there are many ways to write that of a survey.
NAMED = ("/callbacks/", "/answers/", "/health/", "/metrics")
REMOVED = "[removed]"
# What a line may say of any request; else it says "-".
_HARMLESS = frozenset("hlutsmHbBaTDMLp")


class AccessLog(Logger):  # type: ignore[misc]  # gunicorn carries no types
    """Gunicorn's logger."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        """Return the parts of a line; of most paths, without the path."""
        parts: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        if str(parts.get("{raw_uri}e", "")).startswith(NAMED):
            return parts
        kept = {name: value for name, value in parts.items() if name in _HARMLESS}
        return kept | {"r": f"{parts['m']} {REMOVED} {parts['H']}", "U": REMOVED}
