"""The checks of ``cention check``; each module checks one thing."""

from __future__ import annotations
