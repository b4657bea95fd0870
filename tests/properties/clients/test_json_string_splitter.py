from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.chunks import LIMIT, cut, split_long_string
from workers.clients.streaming.json_string_splitter import SecondLongString

STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)


strings = st.text(max_size=3) | st.text(
    st.characters(blacklist_characters='"\\', blacklist_categories=["Cs"]), max_size=60
)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(strings, values, max_size=4),
    st.booleans(),
    st.lists(st.integers(0, 10_000), max_size=12),
)
def test_one_long_string_is_separated_wherever_the_document_is_cut(document, ensure_ascii, places):
    text = json.dumps(document, ensure_ascii=ensure_ascii).encode()
    found = [string for string in STRING.findall(text) if len(string) > LIMIT]

    if len(found) > 1:
        with pytest.raises(SecondLongString):
            split_long_string(cut(text, places))
        return
    long_string, small, taken = split_long_string(cut(text, places))

    assert long_string.diverted == bool(found)
    assert [taken] == (found or [b""])
    assert small.replace(long_string.placeholder.encode(), taken) == text
