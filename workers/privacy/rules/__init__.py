"""Pure decisions about whose data a document is, and what is redacted."""

from __future__ import annotations
