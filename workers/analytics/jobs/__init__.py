"""What is loaded and computed for analysts."""

from __future__ import annotations
