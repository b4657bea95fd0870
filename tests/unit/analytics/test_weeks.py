"""Weeks of reports: which is due, and what it is compared with."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from workers.analytics.rules.weeks import Week, due_week, last_ended, read_week

ZONE = ZoneInfo("Europe/Stockholm")


def due(text, *, weekday=1, at=time(7), zone=ZONE):
    return due_week(datetime.fromisoformat(text), weekday=weekday, at=at, zone=zone)


@pytest.mark.parametrize("text", ["2024-W05", "2024w05", " 2024-W05 "])
def test_a_week_is_read(text):
    assert read_week(text) == Week(date(2024, 1, 29))
    assert str(read_week(text)) == "2024-W05"


@pytest.mark.parametrize("text", ["", "2024-05", "2024-W00", "2024-W54", "2023-W53", "٢٠٢٤-W05"])
def test_what_is_no_week_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        read_week(text)


def test_a_year_of_the_calendar_and_that_of_its_weeks_may_differ():
    assert read_week("2020-W53").sunday == date(2021, 1, 3)
    assert str(Week(date(2024, 12, 30))) == "2025-W01"


def test_the_week_of_a_year_before_has_the_same_number_and_may_be_missing():
    assert str(read_week("2024-W05").year_before) == "2023-W05"
    assert read_week("2020-W53").year_before is None


def test_the_report_of_a_week_is_due_at_its_time_and_not_before():
    assert str(due("2024-02-05T06:00:00+00:00")[0]) == "2024-W05"
    assert str(due("2024-02-05T05:59:59+00:00")[0]) == "2024-W04"


def test_a_report_is_due_until_the_next_one_is():
    week, since = due("2024-02-11T23:00:00+00:00")

    assert str(week) == "2024-W05"
    assert since == datetime(2024, 2, 5, 6, tzinfo=UTC)


def test_on_another_day_it_is_about_the_last_week_that_is_over_then():
    assert str(due("2024-02-09T12:00:00+00:00", weekday=5, at=time(8))[0]) == "2024-W05"
    assert str(due("2024-02-11T12:00:00+00:00", weekday=7, at=time(8))[0]) == "2024-W05"


def test_after_a_change_of_clocks_on_sunday_night_the_clock_of_the_workspace_counts():
    # Clocks went forward on 2024-03-31, and back on 2024-10-27.
    assert due("2024-04-01T05:00:00+00:00")[1] == datetime(2024, 4, 1, 5, tzinfo=UTC)
    assert str(due("2024-04-01T04:59:59+00:00")[0]) == "2024-W12"
    assert due("2024-10-28T06:00:00+00:00")[1] == datetime(2024, 10, 28, 6, tzinfo=UTC)
    assert str(due("2024-10-28T05:59:59+00:00")[0]) == "2024-W42"


def test_a_time_that_the_clock_skips_is_due_as_if_it_had_not_changed():
    since = due("2024-03-31T03:00:00+00:00", weekday=7, at=time(2, 30))[1]

    assert since.astimezone(UTC) == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


def test_of_a_time_that_comes_twice_the_first_is_due_and_the_second_is_the_same_report():
    first = due("2024-10-27T00:30:00+00:00", weekday=7, at=time(2, 30))
    second = due("2024-10-27T01:30:00+00:00", weekday=7, at=time(2, 30))

    assert first == second
    assert first[1].astimezone(UTC) == datetime(2024, 10, 27, 0, 30, tzinfo=UTC)


def test_a_week_ends_at_midnight_by_the_clock_of_the_workspace():
    assert read_week("2024-W13").ended_at(ZONE) == datetime(2024, 3, 31, 22, tzinfo=UTC)
    assert str(last_ended(datetime(2024, 3, 31, 22, tzinfo=UTC), ZONE)) == "2024-W13"
    assert str(last_ended(datetime(2024, 3, 31, 21, 59, tzinfo=UTC), ZONE)) == "2024-W12"


def test_every_moment_of_a_year_has_a_report_that_was_due_within_the_week_before_it():
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    for hour in range(366 * 24):
        now = moment + timedelta(hours=hour)
        _, since = due_week(now, weekday=7, at=time(2, 30), zone=ZONE)
        assert timedelta(0) <= now - since.astimezone(UTC) <= timedelta(days=7, hours=1)
