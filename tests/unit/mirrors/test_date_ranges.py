"""The chunks of a backfill that are left, and the days of a scheduled export."""

from __future__ import annotations

from datetime import date

import pytest

from workers.mirrors.rules.date_ranges import DayRange, next_range, remaining_chunks


def day(number):
    return date(2024, 2, number)


def left(first, last, done=(), *, max_days=7):
    whole = DayRange(first=day(first), last=day(last))
    found = remaining_chunks(whole, {day(number) for number in done}, max_days=max_days)
    return [(one.first.day, one.last.day) for one in found]


@pytest.mark.parametrize(
    ("first", "last", "done", "max_days", "expected"),
    [
        (1, 1, (), 7, [(1, 1)]),
        (1, 7, (), 7, [(1, 7)]),
        (1, 20, (), 7, [(1, 7), (8, 14), (15, 20)]),
        (1, 10, (1, 2, 3), 7, [(4, 10)]),
        (1, 10, (9, 10), 7, [(1, 7), (8, 8)]),
        (1, 10, (4, 5), 7, [(1, 3), (6, 10)]),
        (1, 3, (1, 2, 3), 7, []),
        (27, 29, (), 1, [(27, 27), (28, 28), (29, 29)]),
    ],
)
def test_the_days_that_are_not_done_are_split_into_chunks(first, last, done, max_days, expected):
    assert left(first, last, done, max_days=max_days) == expected


@pytest.mark.parametrize(
    ("covered_to", "today", "expected"),
    [
        (None, 10, (9, 10)),  # the first: yesterday and today
        (9, 10, (9, 10)),  # the day that was not over is exported again
        (10, 10, (10, 10)),
        (5, 10, (5, 10)),
        (1, 10, (1, 7)),  # after a long outage the next ones catch up
        (20, 10, (10, 10)),  # the clock has gone back
    ],
)
def test_a_scheduled_export_runs_from_the_end_of_the_last_to_today(covered_to, today, expected):
    found = next_range(covered_to and day(covered_to), today=day(today), max_days=7)

    assert (found.first.day, found.last.day) == expected
