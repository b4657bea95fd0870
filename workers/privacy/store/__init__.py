"""Personal data in Postgres: where it is, and what was erased."""

from __future__ import annotations
