from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from schemas.text.timestamps import from_go_time, from_workspace_minute


@given(st.from_regex(r"\A\d{4}/\d\d/\d\d \d\d:\d\d\Z"), st.sampled_from(["UTC", "Asia/Tokyo"]))
def test_any_text_similar_to_a_minute_is_read_or_none(text, zone):
    from_workspace_minute(text, ZoneInfo(zone))


@given(st.from_regex(r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}( [A-Z]+)?\Z"))
def test_any_text_similar_to_a_go_time_is_read_or_none(text):
    from_go_time(text)
