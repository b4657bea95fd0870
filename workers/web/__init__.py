"""The web face: pages for the people who run the bridge."""

from __future__ import annotations

from workers.web.application import create_app

__all__ = ["create_app"]
