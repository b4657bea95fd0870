"""Converts texts: HTML, timestamps, and characters that Postgres cannot store."""

from __future__ import annotations
