"""What the sandbox pretends to know, and how it changes as time passes."""

from __future__ import annotations
