"""The copies and when they were refreshed, in Postgres."""

from __future__ import annotations
