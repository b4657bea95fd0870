"""The sandbox's routes, its replies and the faults it injects."""

from __future__ import annotations
