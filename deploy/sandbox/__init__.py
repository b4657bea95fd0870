"""A simulator of Cention's API, with its quirks, and the state that a copy of it should have."""

from __future__ import annotations
