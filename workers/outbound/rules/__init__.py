"""Pure decisions about what is sent, without I/O."""

from __future__ import annotations
