"""``cention``: the bridge from a terminal."""

from __future__ import annotations

from workers.cli.registry import main

__all__ = ["main"]
