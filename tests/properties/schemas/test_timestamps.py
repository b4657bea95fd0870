from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from schemas.text.timestamps import from_go_time, from_workspace_minute


@given(st.from_regex(r"\A\d{4}/\d\d/\d\d \d\d:\d\d\Z"), st.sampled_from(["UTC", "Asia/Tokyo"]))
def test_whatever_looks_like_a_minute_is_survived(text, zone):
    from_workspace_minute(text, ZoneInfo(zone))


@given(st.from_regex(r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}( [A-Z]+)?\Z"))
def test_whatever_looks_like_a_time_of_go_is_survived(text):
    from_go_time(text)
