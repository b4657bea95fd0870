"""Reads and writes JSON documents that are too large to be held in memory."""

from __future__ import annotations
