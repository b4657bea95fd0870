"""Pure decisions about when a record is tried again, without I/O."""

from __future__ import annotations
