"""Fetches single records from Cention: polling, fetching, parsing and filing."""

from __future__ import annotations
