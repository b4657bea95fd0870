"""Pure decisions about schedules, date ranges and links."""

from __future__ import annotations
