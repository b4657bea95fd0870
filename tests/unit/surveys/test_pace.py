"""How many requests a vendor may get now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from workers.surveys.store.vendors import Pace

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("asked", "allowed"), [(0, 5), (4, 1), (5, 0), (6, 0)])
def test_a_vendor_gets_as_many_as_are_left_of_a_minute(asked, allowed):
    pace = Pace(paused_until=None, not_before=None, asked=asked)

    assert pace.allowed(5, now=NOW) == allowed


@pytest.mark.parametrize(("until", "allowed"), [(NOW + SECOND, 0), (NOW, 5), (NOW - SECOND, 5)])
def test_a_vendor_that_asked_us_to_wait_gets_none_until_then(until, allowed):
    pace = Pace(paused_until=None, not_before=until, asked=0)

    assert pace.allowed(5, now=NOW) == allowed


@pytest.mark.parametrize(("until", "allowed"), [(NOW + SECOND, 0), (NOW, 1), (NOW - SECOND, 1)])
def test_a_paused_vendor_is_tried_with_one_once_its_pause_is_over(until, allowed):
    pace = Pace(paused_until=until, not_before=None, asked=0)

    assert pace.allowed(5, now=NOW) == allowed


def test_a_paused_vendor_is_not_tried_beyond_what_it_may_get_in_a_minute():
    pace = Pace(paused_until=NOW, not_before=None, asked=5)

    assert pace.allowed(5, now=NOW) <= 0
