from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.clean import clean

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\udfff\ud800", "\ufffd\ufffd"),
        ("ĈĈ \U0001f600", "ĈĈ \U0001f600"),
    ],
)
def test_what_postgres_cannot_hold_is_replaced(text, cleaned):
    assert clean(text) == cleaned
    assert clean([text]) == [cleaned]
    assert clean({text: {"inner": [text]}}) == {cleaned: {"inner": [cleaned]}}


def test_of_two_keys_that_become_one_the_later_wins():
    assert clean({"\0": 1, "\ufffd": 2}) == {"\ufffd": 2}


@given(ANYTHING)
def test_a_clean_value_comes_back_as_it_was(value):
    text = json.dumps(clean(value), ensure_ascii=False)

    assert text == json.dumps(clean(json.loads(text)), ensure_ascii=False)


@given(ANYTHING)
def test_whatever_comes_can_be_stored_afterwards(value):
    text = json.dumps(clean(value), ensure_ascii=False)

    text.encode()
    assert "\\u0000" not in text


def test_the_order_of_members_and_elements_stays():
    value = {"b": [3, [1], 2], "a": {"d": 1, "c": {}}}

    assert json.dumps(clean(value)) == json.dumps(value)


def test_the_value_itself_is_not_touched():
    value = {"a": ["\0"]}

    clean(value)

    assert value == {"a": ["\0"]}


def test_depth_is_no_danger():
    deep = ["\0"]
    for _ in range(100_000):
        deep = [deep]

    cleaned = clean(deep)

    while isinstance(cleaned[0], list):
        cleaned = cleaned[0]
    assert cleaned == ["\ufffd"]
