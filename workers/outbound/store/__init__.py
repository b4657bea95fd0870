"""What was sent to Cention and how it ended, in Postgres."""

from __future__ import annotations
