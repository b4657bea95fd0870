"""Sends to Cention, and imports files, idempotently."""

from __future__ import annotations
