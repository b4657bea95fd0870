from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from schemas.text.unstorable import replace_unstorable
from tests.properties.any_json import any_json

ANYTHING = any_json(st.floats(allow_nan=False))


@given(ANYTHING)
def test_a_storable_value_is_returned_unchanged(value):
    text = json.dumps(replace_unstorable(value), ensure_ascii=False)

    assert text == json.dumps(replace_unstorable(json.loads(text)), ensure_ascii=False)


@given(ANYTHING)
def test_any_json_can_be_stored_afterwards(value):
    text = json.dumps(replace_unstorable(value), ensure_ascii=False)

    text.encode()
    assert "\\u0000" not in text
