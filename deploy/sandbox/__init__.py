"""A simulator of Cention's API: the same routes and quirks, and a truth to compare with."""

from __future__ import annotations
