"""Requests to Cention that must not be repeated: errands, closings, calls, contact cards."""

from __future__ import annotations
