"""Polling lists of changes, draining the wanted list, and filing callbacks."""

from __future__ import annotations
