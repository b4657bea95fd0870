"""What is loaded, computed and exported for analysts."""

from __future__ import annotations
