"""Where persons occur in Postgres, and what was erased."""

from __future__ import annotations
