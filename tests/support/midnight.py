"""``wait_over_midnight``: for tests that ask for today more than once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.support.eventually import eventually

ZONES = (UTC, ZoneInfo("Europe/Stockholm"))  # of the tests
BEFORE = timedelta(minutes=2)  # no such test takes longer


def wait_over_midnight() -> None:
    """Wait, in the last two minutes of a day, until the next has begun."""
    eventually(_is_far, within_s=2 * BEFORE.total_seconds())


def _is_far() -> bool:
    return all(is_far_from_midnight(datetime.now(zone)) for zone in ZONES)


def is_far_from_midnight(now: datetime) -> bool:
    """Return whether the day of ``now`` lasts for as long as a test takes."""
    return (now + BEFORE).date() == now.date()
