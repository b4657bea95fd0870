"""The simulated state of Cention, and its changes."""

from __future__ import annotations
