"""Erases what is known of a person, exports it, and removes what is too old."""

from __future__ import annotations
