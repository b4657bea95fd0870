"""Reading JSON and attributes as Go does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.sandbox.http.go_json import NotDecodable, plain, read_json
from deploy.sandbox.http.go_types import (
    AnyButNumber,
    Bytes,
    Flag,
    GoType,
    Integer,
    ListOf,
    Struct,
    Text,
)
from deploy.sandbox.http.request_body import read_posted


def read(text: str | bytes) -> Any:
    return read_json(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    "text", ['{"a":[1,-2.5,"x\\n",null,true,{}],"b":[]}', '"\\ud83d\\ude00"', " \t\r\n7", "1e3"]
)
def test_json_is_read_as_python_reads_it(text):
    assert plain(read(text)) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "\v{}", "\ufeff{}", "\u00a0{}", "/**/{}", "{'a':1}", '{"a":1,}', "[1,]", "[,1]"),
        *('{"a"}', '{"a" 1}', "{a:1}", "[1 2]", "[NaN]", "[Infinity]", "[01]", "[1.]", "[.5]"),
        *('["a\tb"]', '["\\x"]', '["\\u12"]', "[nul]", "[1", '{"a":', "]", "[}", "[" * 10_001),
    ],
)
def test_what_go_cannot_read_is_refused(text):
    with pytest.raises(NotDecodable):
        read(text)


def test_text_after_the_value_is_ignored():
    assert plain(read('{"a":1} junk')) == {"a": 1}


def test_broken_characters_become_replacement_characters():
    assert read(b'"\xff\xfe"') == "\ufffd\ufffd"
    assert read('"a\\ud83db"') == "a\ufffdb"


def test_ten_thousand_levels_are_read():
    assert read("[" * 10_000 + "]" * 10_000) is not None


@pytest.mark.parametrize(
    ("type_", "text", "attribute", "member"),
    [
        (Integer(), "1000.0", 1000, 1000),
        (Integer(), "4.7", 4, NotDecodable),
        (Integer(), "1e30", -(2**63), NotDecodable),
        (Integer(), "9007199254740993", 2**53, 2**53),
        (Integer(), "9223372036854775808", -(2**63), NotDecodable),
        (Integer(), '"5"', NotDecodable, NotDecodable),
        (Integer(), "true", NotDecodable, NotDecodable),
        (Integer(), "1e999", NotDecodable, NotDecodable),
        (Text(), "5", NotDecodable, NotDecodable),
        (Text(), '"5"', "5", "5"),
        (Text(), "null", NotDecodable, ""),
        (Flag(), "true", True, True),
        (Flag(), "0", NotDecodable, NotDecodable),
        (Bytes(), '"QU\\r\\nJD"', b"ABC", b"ABC"),
        (Bytes(), '"QR=="', b"A", b"A"),
        (Bytes(), '"QUJD REVG"', NotDecodable, NotDecodable),
        (Bytes(), '"-_-_"', NotDecodable, NotDecodable),
        (Bytes(), "[65, 66]", b"AB", b"AB"),
        (ListOf(Integer()), "[1, null]", [1, 0], [1, 0]),
        (ListOf(Text()), "{}", NotDecodable, NotDecodable),
        (AnyButNumber(), "5", NotDecodable, 5),
        (AnyButNumber(), "[5]", [5], [5]),
        (
            Struct({"user_id": Text()}),
            '{"USER_ID": "1", "x": 5}',
            {"user_id": "1"},
            {"user_id": "1"},
        ),
        (Struct({"user_id": Text()}), "[]", NotDecodable, NotDecodable),
    ],
)
def test_a_type_takes_the_json_that_go_takes_for_it(
    type_: GoType, text: str, attribute: Any, member: Any
):
    for take, expected in ((type_.attribute, attribute), (type_.member, member)):
        if expected is NotDecodable:
            with pytest.raises(NotDecodable):
                take(read(text))
        else:
            assert take(read(text)) == expected


@pytest.mark.parametrize(
    "body",
    [
        '{"data": {"type": "t", "attributes": {"a": 5}, "unknown": 1e999}, "unknown": 1e999}',
        '{"DATA": {"Type": "t", "Attributes": {"a": 5}}}',
        '{"data": {"id": "", "type": "other", "attributes": {"a": 5}}, "included": [null]}',
        '{"data": {"attributes": {"b": 1}}, "data": {"attributes": {"a": 5}}}',
        '{"data": {"type": "t", "id": "0x1p4", "attributes": {"a": 5}}}',
    ],
)
def test_a_document_that_the_framework_takes_is_read(body):
    assert read_posted(body.encode(), "t", {"a": Integer()}).attributes == {"a": 5}


@pytest.mark.parametrize(
    "member",
    [
        *('"id": 5', '"id": "abc"', '"type": 5', '"client-id": 5', '"attributes": []'),
        *('"relationships": "x"', '"links": []', '"meta": 5', '"attributes": {"x": [1e999]}'),
    ],
)
def test_a_document_with_a_member_of_a_wrong_type_is_refused(member):
    with pytest.raises(NotDecodable):
        read_posted(b'{"data": {"type": "t", %s}}' % member.encode(), "t", {})


def test_deep_json_is_recorded_only_to_a_depth_that_can_be_shown():
    recorded = plain(read("[" * 5_000 + "]" * 5_000))

    assert json.dumps(recorded).count("[") < 254
