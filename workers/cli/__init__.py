"""The command line: ``cention``."""

from __future__ import annotations

from workers.cli.registry import main

__all__ = ["main"]
