"""When the bridge is not well."""

from __future__ import annotations

SILENT_AFTER_S = 60.0  # canaries are sent four times a minute
SPOOL_WAITS_S = 60.0  # it empties itself within seconds once Postgres is back


def is_silent(silent_s: float | None) -> bool:
    """Tell whether no worker takes nudges from a queue; ``None``: nobody ever answered."""
    return silent_s is None or silent_s > SILENT_AFTER_S
