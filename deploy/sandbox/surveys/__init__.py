"""The simulated survey vendors, and what a complete record of their messages must contain."""

from __future__ import annotations
