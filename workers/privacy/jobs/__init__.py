"""Erasing, exporting and retention, over the database and the spool."""

from __future__ import annotations
