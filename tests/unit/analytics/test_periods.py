"""Periods: their steps, the period before, and when they end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from workers.analytics.rules.periods import MOST_DAY_STEPS, Period, last_days

DAY = timedelta(days=1)
periods = st.builds(
    lambda first, days: Period(first, first + DAY * days),
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.integers(0, 800),
)


@given(periods)
def test_the_steps_of_a_period_are_all_its_days_each_once(period):
    days = [step.first + DAY * number for step in period.steps() for number in range(step.days)]

    assert days == [period.first + DAY * number for number in range(period.days)]


@given(periods)
def test_a_step_is_a_day_or_from_two_months_on_a_week_from_monday(period):
    steps = period.steps()

    if period.days <= MOST_DAY_STEPS:
        assert {step.days for step in steps} == {1}
    else:
        assert {step.first.weekday() for step in steps[1:]} == {0}
        assert {step.last.weekday() for step in steps[:-1]} == {6}


@given(periods)
def test_a_period_is_compared_with_as_many_days_right_before_it(period):
    assert period.before.days == period.days
    assert period.before.last + DAY == period.first


def test_the_last_days_are_those_that_are_over():
    assert last_days(7, today=date(2026, 3, 9)) == Period(date(2026, 3, 2), date(2026, 3, 8))


def test_a_period_ends_at_midnight_by_the_clock_of_the_workspace():
    period = Period(date(2026, 3, 1), date(2026, 3, 29))  # clocks change on its last day

    ended_at = period.ended_at(ZoneInfo("Europe/Stockholm"))

    assert ended_at.astimezone(UTC) == datetime(2026, 3, 29, 22, tzinfo=UTC)
