"""Timeouts of calls to Cention, from the settings, to survey vendors, and of mails."""

from __future__ import annotations

from workers.clients.http import Timeouts
from workers.config.settings import Settings

CONNECT_S = 5.0
SURVEY_VENDOR = Timeouts(connect_s=CONNECT_S, read_s=20.0, total_s=30.0)
MAIL = Timeouts(connect_s=CONNECT_S, read_s=45.0, total_s=60.0)  # a filter may read it first


def timeouts_of(settings: Settings, *, slow: bool = False) -> Timeouts:
    """Return the timeouts of a fetch; with ``slow``, of a large file over a slow line.

    A fetch starts in the first half of a lease and must end before the second half does.
    """
    half_s = settings.lease_s / 2
    total_s = half_s if slow else min(half_s, settings.fetch_timeout_s * 2)
    return Timeouts(
        connect_s=CONNECT_S, read_s=min(half_s, settings.fetch_timeout_s), total_s=total_s
    )


def single_timeout(total_s: float) -> Timeouts:
    """Return timeouts for a response that is generated synchronously: one limit for all of it."""
    return Timeouts(connect_s=CONNECT_S, read_s=total_s, total_s=total_s)
