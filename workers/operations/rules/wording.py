"""Durations, counts and advice in words."""

from __future__ import annotations

from datetime import datetime


def format_duration(seconds: float | None) -> str | None:
    """Return a duration in one unit, rounded down, as ``5m``; ``None`` for ``None``."""
    if seconds is None:
        return None
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f}{unit}"
    return f"{max(seconds, 0) // 1:.0f}s"


def format_age(moment: datetime | None, at: datetime) -> str | None:
    """Return how long before ``at`` a time was; ``None`` for ``None``."""
    return None if moment is None else format_duration((at - moment).total_seconds())


def pluralise(number: int, thing: str) -> str:
    """Return ``1 record``, ``2,000 records``."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def was_or_were(number: int) -> str:
    """Return the verb for a count, in the past."""
    return "was" if number == 1 else "were"


def token_hint(claim: str) -> str:
    """Return the advice to set a token for a claim."""
    return f"Set CENTION_TOKEN_{claim.upper()}, or CENTION_TOKEN."
