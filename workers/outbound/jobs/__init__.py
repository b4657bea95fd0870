"""Sending to Cention, and importing files, idempotently."""

from __future__ import annotations
