"""Hours and days of sending, by the clock of the workspace and over its changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.surveys import brief, rules_of
from workers.surveys.rules.sending_hours import is_open, next_open

STOCKHOLM = ZoneInfo("Europe/Stockholm")
WEEKDAYS = 'days = ["mon", "tue", "wed", "thu", "fri"]'


def rule(more: str):
    return rules_of(brief(more=more)).rules[0]


def local(text: str, *, fold: int = 0) -> datetime:
    """Return a moment of the clock of Stockholm in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM, fold=fold).astimezone(UTC)


def opening(more: str, at: datetime) -> datetime:
    return next_open(rule(more), at, STOCKHOLM)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-02T07:59:59", "2026-03-02T08:00"),
        ("2026-03-02T08:00", "2026-03-02T08:00"),
        ("2026-03-02T19:59:59", "2026-03-02T19:59:59"),
        ("2026-03-02T20:00", "2026-03-03T08:00"),
        ("2026-03-06T20:00", "2026-03-09T08:00"),  # from Friday to Monday
        ("2026-03-28T12:00", "2026-03-30T08:00"),  # over the beginning of summer time
        ("2026-10-24T12:00", "2026-10-26T08:00"),  # over its end
    ],
)
def test_a_moment_outside_waits_for_the_next_opening(at, opens):
    assert opening(f'hours = ["08:00", "20:00"]\n{WEEKDAYS}', local(at)) == local(opens)


def test_without_hours_and_days_every_moment_will_do():
    assert opening("", local("2026-03-29T03:30")) == local("2026-03-29T03:30")


def test_hours_that_the_clock_skips_wait_for_the_next_day():
    opens = opening('hours = ["02:00", "03:00"]', local("2026-03-29T01:30"))

    assert opens == local("2026-03-30T02:00")


def test_hours_whose_beginning_is_skipped_begin_later():
    opens = opening('hours = ["02:30", "06:00"]', local("2026-03-29T01:30"))

    assert opens == local("2026-03-29T03:30")


def test_hours_that_the_clock_shows_twice_open_twice():
    hours = 'hours = ["02:00", "02:30"]'

    assert opening(hours, local("2026-10-25T01:00")) == local("2026-10-25T02:00")
    assert opening(hours, local("2026-10-25T02:40")) == local("2026-10-25T02:00", fold=1)
    assert opening(hours, local("2026-10-25T02:40", fold=1)) == local("2026-10-26T02:00")


@given(
    minutes=st.integers(0, 230 * 24 * 60),  # over both changes of the clock
    begin=st.integers(0, 23),
    length=st.integers(1, 12),
    days=st.sets(st.sampled_from(["mon", "tue", "sat", "sun"]), min_size=1),
)
def test_nothing_ever_goes_out_outside_the_hours(minutes, begin, length, days):
    end = min(begin + length, 24)
    listed = ", ".join(f'"{day}"' for day in sorted(days))
    one = rule(f'hours = ["{begin:02}:00", "{end:02}:00"]\ndays = [{listed}]')
    at = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=minutes)

    opens = next_open(one, at, STOCKHOLM)

    clock = opens.astimezone(STOCKHOLM)
    assert at <= opens <= at + timedelta(days=15)
    assert begin <= clock.hour < end
    assert clock.strftime("%a").lower() in days
    assert is_open(one, opens, STOCKHOLM)
