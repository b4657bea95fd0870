from __future__ import annotations

import pytest

from schemas.strict_json import MAX_DEPTH, InvalidJson, TooDeep, read_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, true, null]}', {"a": [1, True, None]}),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("-9223372036854775809", -9223372036854775809),
        ("18446744073709551616", 18446744073709551616),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("1e-999", 0.0),
        (r'"\ud800"', "\ud800"),
        (r'"\u0000"', "\0"),
        ('{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_json_is_read_exactly(text, value):
    assert read_json(text) == value
    assert read_json(text.encode()) == value


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
)
def test_bytes_may_be_in_any_unicode_encoding(codec):
    assert read_json('{"a": "å"}'.encode(codec)) == {"a": "å"}


def test_the_bytes_may_have_a_lone_surrogate():
    assert read_json(b'"\xed\xa0\x80"') == "\ud800"


@pytest.mark.parametrize("control_characters", [False, True])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The body is not JSON."),
        ("<html>", "The body is not JSON."),
        ("{} x", "The body is not JSON."),
        ("[1,]", "The body is not JSON."),
        ("NaN", "NaN is not JSON."),
        ("[-Infinity]", "-Infinity is not JSON."),
        ('{"a": 1e999}', "A number is too large."),
        ("-1e999", "A number is too large."),
        ("9" * 5000, "The body is not JSON."),
        ("[" * 100_000, "The body nests deeper than 250 levels."),
        ('{"a":' * 100_000, "The body nests deeper than 250 levels."),
        (b'"\xff"', "The body is not JSON."),
    ],
)
def test_anything_else_is_refused_with_a_reason_that_quotes_nothing(
    text, message, control_characters
):
    with pytest.raises(InvalidJson) as refusal:
        read_json(text, control_characters=control_characters)

    assert str(refusal.value) == message
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("character", ["\0", "\t", "\n", "\x1f"])
def test_control_characters_in_strings_are_accepted_only_if_allowed(character):
    text = f'"a{character}b"'

    assert read_json(text, control_characters=True) == f"a{character}b"
    with pytest.raises(InvalidJson):
        read_json(text)


def test_control_characters_outside_of_strings_are_never_accepted():
    with pytest.raises(InvalidJson):
        read_json("[1,\0 2]", control_characters=True)


@pytest.mark.parametrize("number", ["1", "9" * 20], ids=["short number", "long number"])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}"), ('[0,{"a":', "}]")])
def test_json_is_read_up_to_the_maximum_depth_and_refused_beyond(start, end, number):
    levels = MAX_DEPTH // len(end)
    read_json(start * levels + number + end * levels)

    for deeper in (levels + 1, 870, 1_024, 5_000):
        with pytest.raises(TooDeep, match="nests deeper than 250 levels"):
            read_json(start * deeper + number + end * deeper)


def test_many_values_of_few_levels_are_read():
    assert len(read_json("[" + "[{}]," * 1_000 + "[]]")) == 1_001
