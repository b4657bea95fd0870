"""Errors of import files."""

from __future__ import annotations


class UnreadableFile(ValueError):
    """The whole file cannot be read: wrong suffix, columns, format or encoding."""
