"""Fixtures: the web application with parts that only remember what they were asked."""

from __future__ import annotations

from tests.support.door import announced, callback, door, kept, make_settings, open_door

__all__ = ["announced", "callback", "door", "kept", "make_settings", "open_door"]
