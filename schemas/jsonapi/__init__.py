"""Reads JSON:API documents, whoever sends them."""

from __future__ import annotations

MEDIA_TYPE = "application/vnd.api+json"
