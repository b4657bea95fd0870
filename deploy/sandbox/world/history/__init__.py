"""Months of errands before the sandbox started, each made from its number when it is needed."""

from __future__ import annotations

from deploy.sandbox.world.history.history import NO_HISTORY, History

__all__ = ["NO_HISTORY", "History"]
