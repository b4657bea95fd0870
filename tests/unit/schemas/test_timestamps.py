from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.text.timestamps import (
    from_any_notation,
    from_go_time,
    from_unix_seconds,
    from_workspace_minute,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def test_a_minute_of_the_workspace_becomes_utc():
    at = from_workspace_minute("2026/07/01 12:30", STOCKHOLM)

    assert at == datetime(2026, 7, 1, 10, 30, tzinfo=UTC)


def test_a_minute_that_occurs_twice_is_the_earlier_one():
    at = from_workspace_minute("2026/10/25 02:30", STOCKHOLM)

    assert at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_minute_that_the_clock_skips_is_read_with_the_offset_before_it():
    at = from_workspace_minute("2026/03/29 02:30", STOCKHOLM)

    assert at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "No Date",
        "Inget datum",
        "2026/07/01",
        "2026/13/01 00:00",
        "2026/07/01 24:00",
        "2026-07-01 12:30",
        "2026/07/01 12:30:00",
        "0000/00/00 00:00",
        "٢٠٢٦/07/01 12:30",
    ],
)
def test_a_text_that_is_not_a_minute_is_none(text):
    assert from_workspace_minute(text, STOCKHOLM) is None


@pytest.mark.parametrize(
    ("text", "zone"), [("0001/01/01 00:00", "Asia/Tokyo"), ("9999/12/31 23:59", "America/Lima")]
)
def test_a_minute_that_is_not_in_the_calendar_is_none(text, zone):
    assert from_workspace_minute(text, ZoneInfo(zone)) is None


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
        "2026-07-01 12:30",
        "2026-07-01T12:30:00",
        " 2026-07-01 12:30:00 ",
        "2026-07-01 17:30:00 +0700 WIB",
        "2026-07-01T10:30:00Z",
        "2026-07-01T12:30:00+02:00",
        "1782901800",
    ],
)
def test_a_time_of_any_notation_is_read_with_best_effort(text):
    assert from_any_notation(text, STOCKHOLM) == datetime(2026, 7, 1, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "0",
        "No Date",
        "yesterday",
        "2026/07/01",
        "2026/13/01 00:00",
        "2026/07-01 12:30",
        "20260701",
        "0001-01-01 00:00:00 +0000 UTC",
        "0001-01-01T00:00:00Z",
        "0001/01/01 00:00",
    ],
)
def test_an_ambiguous_or_invalid_time_is_none(text):
    assert from_any_notation(text, ZoneInfo("Asia/Tokyo")) is None
