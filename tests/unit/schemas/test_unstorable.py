from __future__ import annotations

import json

import pytest

from schemas.text.unstorable import replace_unstorable


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\0b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\udfff\ud800", "\ufffd\ufffd"),
        ("ĈĈ \U0001f600", "ĈĈ \U0001f600"),
    ],
)
def test_characters_that_postgres_cannot_store_are_replaced(text, cleaned):
    assert replace_unstorable(text) == cleaned
    assert replace_unstorable([text]) == [cleaned]
    assert replace_unstorable({text: {"inner": [text]}}) == {cleaned: {"inner": [cleaned]}}


def test_of_two_keys_that_become_one_the_later_wins():
    assert replace_unstorable({"\0": 1, "\ufffd": 2}) == {"\ufffd": 2}


def test_the_order_of_members_and_elements_stays():
    value = {"b": [3, [1], 2], "a": {"d": 1, "c": {}}}

    assert json.dumps(replace_unstorable(value)) == json.dumps(value)


def test_the_value_itself_is_not_changed():
    value = {"a": ["\0"]}

    replace_unstorable(value)

    assert value == {"a": ["\0"]}


def test_any_depth_is_supported():
    deep = ["\0"]
    for _ in range(100_000):
        deep = [deep]

    cleaned = replace_unstorable(deep)

    while isinstance(cleaned[0], list):
        cleaned = cleaned[0]
    assert cleaned == ["\ufffd"]
