"""Polls lists of changes, drains the wanted list, and files callbacks."""

from __future__ import annotations
