"""What the next page says first."""

from __future__ import annotations

from flask import flash

from workers.web import texts


def warn_of(problem: str | None) -> None:
    """Say on the next page why workers could not be nudged; ``None``: they could."""
    if problem is not None:
        flash(texts.translated(problem), "warning")
