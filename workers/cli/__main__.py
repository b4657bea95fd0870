"""``python -m workers.cli``: the same as ``cention``."""

from __future__ import annotations

from workers.cli import main

main()
