"""``cention``: the bridge from a terminal."""

from __future__ import annotations

from workers.cli.commands import main

__all__ = ["main"]
