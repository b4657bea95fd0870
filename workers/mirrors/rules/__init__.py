"""Pure decisions about schedules, ranges of days and links, without I/O."""

from __future__ import annotations
