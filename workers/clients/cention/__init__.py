"""Cention's API, one class per claim."""

from __future__ import annotations
