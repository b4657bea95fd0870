from __future__ import annotations

import unicodedata
from contextlib import suppress
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from schemas.text.timestamps import from_go_time, from_workspace_time


@given(st.from_regex(r"\A\d{4}/\d\d/\d\d \d\d:\d\d\Z"), st.sampled_from(["UTC", "Asia/Tokyo"]))
def test_any_text_similar_to_a_minute_is_read_or_refused(text, zone):
    with suppress(ValueError):
        from_workspace_time(text, ZoneInfo(zone))


@given(
    st.from_regex(r"\A[0-9W+-]{4}/[0-9W+-]{2}/[0-9/]{2}[ T-][0-9]{2}[:/-][0-9Z+]{2}\Z"),
    st.sampled_from(["UTC", "Asia/Tokyo", "America/Lima", "Europe/Stockholm"]),
)
def test_a_minute_as_documented_is_read_as_the_same_with_another_blank(text, zone):
    def read(text):
        try:
            return from_workspace_time(text, ZoneInfo(zone))
        except ValueError as error:
            return str(error)

    assert read(text) == read(f"{text} ") == read(text.replace(" ", "  "))


@given(st.text(), st.sampled_from(["UTC", "Asia/Tokyo", "America/Lima"]))
def test_only_a_text_without_digits_or_a_zero_time_is_no_time(text, zone):
    with suppress(ValueError):
        if from_workspace_time(text, ZoneInfo(zone)) is None:
            digits = [one for one in text if one.isdecimal()]
            assert sum(unicodedata.decimal(one) for one in digits[:4]) <= 1


@given(st.from_regex(r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}( [A-Z]+)?\Z"))
def test_any_text_similar_to_a_go_time_is_read_or_none(text):
    from_go_time(text)
