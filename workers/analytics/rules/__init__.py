"""Decisions about figures, without I/O."""

from __future__ import annotations
