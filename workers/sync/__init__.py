"""Brings single records out of Cention: polling, fetching, parsing and filing."""

from __future__ import annotations
