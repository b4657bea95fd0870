"""How long a call to Cention may take, out of the settings."""

from __future__ import annotations

from workers.clients.http import Timeouts
from workers.config.settings import Settings

CONNECT_S = 5.0


def timeouts_of(settings: Settings, *, patient: bool = False) -> Timeouts:
    """Return how long a fetch may take, a ``patient`` one over slow lines.

    It begins in the first half of a lease, and does not outlast the second.
    """
    half_s = settings.lease_s / 2
    total_s = half_s if patient else min(half_s, settings.fetch_timeout_s * 2)
    return Timeouts(
        connect_s=CONNECT_S, read_s=min(half_s, settings.fetch_timeout_s), total_s=total_s
    )


def single_timeout(total_s: float) -> Timeouts:
    """Return the patience for an answer that is made while we wait for it."""
    return Timeouts(connect_s=CONNECT_S, read_s=total_s, total_s=total_s)
