from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.text.timestamps import (
    from_go_time,
    from_unix_seconds,
    from_workspace_time,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def test_a_minute_of_the_workspace_becomes_utc():
    at = from_workspace_time("2026/07/01 12:30", STOCKHOLM)

    assert at == datetime(2026, 7, 1, 10, 30, tzinfo=UTC)


def test_a_minute_that_occurs_twice_is_the_earlier_one():
    at = from_workspace_time("2026/10/25 02:30", STOCKHOLM)

    assert at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_minute_that_the_clock_skips_is_read_with_the_offset_before_it():
    at = from_workspace_time("2026/03/29 02:30", STOCKHOLM)

    assert at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_of_go_keeps_its_offset():
    assert from_go_time("2015-07-16 20:50:17 +0530 IST").utcoffset().total_seconds() == 19_800


@pytest.mark.parametrize("seconds", [0, -62135596800])
def test_the_zero_times_are_none(seconds):
    assert from_unix_seconds(seconds) is None


def test_a_second_before_1970_is_a_time():
    assert from_unix_seconds(-1) == datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026/07/01 12:30",
        "2026/07/01 12:30:00",
        "2026/7/1 12:30",
        "2026-07-01 12:30",
        "2026-07-01T12:30:00",
        "2026-07-01T12:30:00.999",
        " 2026-07-01 12:30:00 ",
        "2026/07/01\N{NO-BREAK SPACE}12:30\N{NO-BREAK SPACE}",
        "२०२६/०७/०१ १२:३०",
        "2026-07-01 17:30:00 +0700 WIB",
        "2026-07-01T10:30:00Z",
        "2026-07-01 10:30:00 UTC",
        "2026-07-01T12:30:00+02:00",
        "1782901800",
    ],
)
def test_a_time_is_read_in_any_notation(text):
    assert from_workspace_time(text, STOCKHOLM) == datetime(2026, 7, 1, 10, 30, tzinfo=UTC)


def test_the_end_of_a_day_is_the_start_of_the_next():
    at = from_workspace_time("2026/06/30 24:00", STOCKHOLM)

    assert at == from_workspace_time("2026/07/01 00:00", STOCKHOLM)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "No Date",
        "Inget datum",
        "0",
        "0000/00/00 00:00",
        "0001/01/01 00:00",
        "0001-01-01 00:00:00 +0000 UTC",
        "0001-01-01T00:00:00Z",
    ],
)
def test_a_text_without_digits_and_a_zero_time_are_none(text):
    assert from_workspace_time(text, ZoneInfo("Asia/Tokyo")) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026/07/01",
        "20260701",
        "2026/13/01 00:00",
        "2026/02/30 25:61",
        "2026/07-01 12:30",
        "2026/07/01 24:01",
        "2026/07/01 12:30 PM",
        "07/01/2026 12:30",
        "12:30",
        "2026-07-01 12:30:00 CEST",
        "about 3 days ago",
    ],
)
def test_digits_that_are_no_date_with_a_time_are_refused(text):
    with pytest.raises(ValueError, match="must be a date with a time"):
        from_workspace_time(text, STOCKHOLM)


def test_a_time_that_utc_cannot_express_is_refused():
    with pytest.raises(ValueError, match="must be a date with a time"):
        from_workspace_time("9999/12/31 23:59", ZoneInfo("America/Lima"))
