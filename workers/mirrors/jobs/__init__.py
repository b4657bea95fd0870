"""Refreshing the copies, and backfilling them over past days."""

from __future__ import annotations
