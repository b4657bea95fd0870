"""analyst.business_seconds: equal to a plain count of open minutes over random calendars."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.opening_hours import Calendar, Holiday, Opening
from tests.support.business_time import BusinessTime
from workers.analytics.store import opening_hours

# Clocks that change at midnight, by half an hour, on the southern half of the Earth, or never.
ZONES = (
    *("Europe/Stockholm", "America/Havana", "Australia/Lord_Howe", "Africa/Cairo"),
    *("America/New_York", "Asia/Kathmandu", "America/Santiago", "UTC"),
)
AREAS = (None, 1, 2, 3)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MINUTES = 366 * 1440
# Around the changes of clocks in 2024.
CHANGES = [
    datetime(2024, month, day, tzinfo=UTC)
    for month, day in ((3, 10), (3, 31), (4, 7), (4, 26), (9, 8), (10, 6), (10, 27), (11, 3))
]


@st.composite
def openings(draw):
    begin = draw(st.integers(0, 1439))
    return Opening(
        area_id=draw(st.sampled_from(AREAS[:3])),
        weekday=draw(st.integers(1, 7)),
        from_minute=begin,
        to_minute=draw(st.integers(begin + 1, begin + 1440)),
    )


@st.composite
def holidays(draw):
    return Holiday(
        area_id=draw(st.sampled_from(AREAS[:3])),
        date=draw(st.sampled_from(CHANGES)).date() + timedelta(days=draw(st.integers(-4, 4))),
        name="x",
    )


moments = st.one_of(
    st.integers(0, MINUTES).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
    st.builds(
        lambda at, minutes: at + timedelta(minutes=minutes),
        st.sampled_from(CHANGES),
        st.integers(-2880, 2880),
    ),
)


@contextmanager
def calendar(conn, zone, openings, holidays):
    with conn.transaction(force_rollback=True):
        conn.execute("INSERT INTO cention.workspace VALUES ('demo', %s)", [zone])
        conn.execute("INSERT INTO cention.workspace VALUES ('other', 'UTC')")
        everyday = tuple(
            Opening(area_id=1, weekday=day, from_minute=0, to_minute=1440) for day in range(1, 8)
        )
        opening_hours.replace(conn, "other", Calendar(openings=everyday, holidays=()))
        found = Calendar(openings=tuple(openings), holidays=tuple(holidays))
        opening_hours.replace(conn, "demo", found)
        yield


def counted(conn, area, since, until):
    question = "SELECT analyst.business_seconds('demo', %s, %s, %s)"
    [seconds] = conn.execute(question, [area, since, until]).fetchone()
    return seconds


@given(
    zone=st.sampled_from(ZONES),
    openings=st.lists(openings(), max_size=8),
    holidays=st.lists(holidays(), max_size=5),
    area=st.sampled_from(AREAS),
    since=moments,
    length=st.one_of(st.integers(-60, 3000), st.integers(0, 40_000)),
)
@example("Europe/Stockholm", [Opening(area_id=None, weekday=7, from_minute=60, to_minute=180)], [],
         1, datetime(2024, 3, 31, tzinfo=UTC), 1440)  # fmt: skip
@example("Europe/Stockholm", [Opening(area_id=None, weekday=7, from_minute=60, to_minute=180)], [],
         1, datetime(2024, 10, 27, tzinfo=UTC), 1440)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_it_counts_the_minutes_at_which_the_area_is_open(
    calendar_database, zone, openings, holidays, area, since, length
):
    until = since + timedelta(minutes=length)
    plain = BusinessTime(zone=ZoneInfo(zone), openings=openings, holidays=holidays)

    with calendar(calendar_database, zone, openings, holidays):
        found = counted(calendar_database, area, since, until)

    assert found == plain.seconds(area, since, until)


OFFICE = [
    Opening(area_id=None, weekday=day, from_minute=480, to_minute=1020) for day in range(1, 6)
]
NIGHT = [Opening(area_id=1, weekday=day, from_minute=1320, to_minute=1800) for day in range(1, 8)]
MAY_DAY = [Holiday(area_id=None, date=date(2024, 5, 1), name="First of May")]
H = 3600


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Stockholm"))


@pytest.mark.parametrize(
    ("openings", "holidays", "area", "since", "until", "hours"),
    [
        pytest.param(OFFICE, [], 1, "2024-05-03T16:00", "2024-05-06T09:00", 2, id="a week-end"),
        pytest.param(OFFICE, MAY_DAY, 1, "2024-04-30T16:00", "2024-05-02T09:00", 2, id="a holiday"),
        pytest.param(
            OFFICE, [], 1, "2024-05-04T03:00", "2024-05-06T09:00", 1, id="arrived when closed"
        ),
        pytest.param(NIGHT, [], 1, "2024-05-06T21:00", "2024-05-07T21:00", 8, id="over midnight"),
        pytest.param(
            NIGHT, MAY_DAY, 1, "2024-04-30T21:00", "2024-05-01T23:00", 8, id="into a holiday"
        ),
        pytest.param(
            NIGHT, [], 1, "2024-03-30T21:00", "2024-03-31T21:00", 7, id="a night without an hour"
        ),
        pytest.param(
            NIGHT, [], 1, "2024-10-26T21:00", "2024-10-27T21:00", 9, id="a night with an hour more"
        ),
        pytest.param(NIGHT, [], 2, "2024-05-06T21:00", "2024-05-07T21:00", 24, id="no hours"),
        pytest.param(
            [*OFFICE, *NIGHT], [], 2, "2024-05-06T00:00", "2024-05-07T00:00", 9,
            id="hours of another area",
        ),
        pytest.param(OFFICE, [], 1, "2024-05-07T09:00", "2024-05-06T09:00", 0, id="back in time"),
    ],
)  # fmt: skip
def test_hours_are_counted_by_the_clock_of_the_workspace(
    calendar_database, openings, holidays, area, since, until, hours
):
    with calendar(calendar_database, "Europe/Stockholm", openings, holidays):
        found = counted(calendar_database, area, local(since), local(until))

    assert found == hours * H


def test_without_a_beginning_or_an_end_there_is_no_duration(calendar_database):
    with calendar(calendar_database, "UTC", OFFICE, []):
        assert counted(calendar_database, 1, None, FIRST) is None
        assert counted(calendar_database, 1, FIRST, None) is None


def test_fractions_of_seconds_count(calendar_database):
    since = datetime(2024, 5, 6, 9, tzinfo=UTC)
    with calendar(calendar_database, "UTC", OFFICE, []):
        found = counted(calendar_database, 1, since, since + timedelta(milliseconds=1500))

    assert float(found) == 1.5
