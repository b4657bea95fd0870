"""When the bridge is not well."""

from __future__ import annotations

SILENT_AFTER_S = 60.0  # canaries are sent four times a minute
POLLS_MISSED = 3


def is_silent(silent_s: float | None) -> bool:
    """Tell whether no worker takes nudges from a queue; ``None``: nobody ever answered."""
    return silent_s is None or silent_s > SILENT_AFTER_S


def is_late(since_poll_s: float | None, *, poll_every_s: float) -> bool:
    """Tell whether a list was last read too long ago; ``None``: never."""
    return since_poll_s is None or since_poll_s > POLLS_MISSED * poll_every_s
