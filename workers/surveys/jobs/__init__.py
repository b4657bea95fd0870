"""What is done: deciding, previewing, explaining."""

from __future__ import annotations
