"""Pure decisions about what is sent."""

from __future__ import annotations
