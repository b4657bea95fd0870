"""Pure decisions: who is invited, and when."""

from __future__ import annotations
