"""SQL of the surveys, and the functions that run it."""

from __future__ import annotations
