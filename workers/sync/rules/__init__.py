"""When a record is fetched again, and when it is parked; no I/O."""

from __future__ import annotations
