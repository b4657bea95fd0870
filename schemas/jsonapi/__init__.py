"""Reads JSON:API documents of any sender."""

from __future__ import annotations

MEDIA_TYPE = "application/vnd.api+json"
