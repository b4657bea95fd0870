"""Refreshing mirrors, and backfilling past days through exports."""

from __future__ import annotations
