"""Refreshes mirrors, and backfills past days through exports."""

from __future__ import annotations
