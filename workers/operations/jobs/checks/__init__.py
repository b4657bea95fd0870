"""What ``cention check`` looks at: each module tells what is right and wrong with one thing."""

from __future__ import annotations
