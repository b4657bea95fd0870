"""Pure decisions about who is meant and what is redacted, without I/O."""

from __future__ import annotations
