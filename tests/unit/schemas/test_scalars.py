from __future__ import annotations

import pytest
from marshmallow import ValidationError

from schemas.jsonapi.scalars import (
    flag,
    json_text,
    number,
    optional_id,
    required_id,
    small_number,
    text,
)


@pytest.mark.parametrize(
    ("sent", "read"),
    [(12, 12), ("12", 12), ("-12", -12), ("007", 7), (12.0, 12), (0, 0), ("", None), (None, None)],
)
def test_a_number_is_read_in_any_notation(sent, read):
    assert number(sent) == read


@pytest.mark.parametrize("sent", [2**63 - 1, -(2**63), str(2**63 - 1)])
def test_a_number_may_have_64_bits(sent):
    assert number(sent) == int(sent)


@pytest.mark.parametrize(
    "sent",
    [
        *(True, False, 1.5, "1.0", " 1", "+1", "1_000", "٣", "x", [], {}),
        *(float("nan"), float("inf"), 2.0**54, 2**63, -(2**63) - 1, str(2**63), "1" * 20),
    ],
)
def test_a_value_that_is_not_exactly_an_integer_is_refused(sent):
    with pytest.raises(ValidationError):
        number(sent)


def test_a_small_number_has_32_bits():
    assert small_number(2**31 - 1) == 2**31 - 1
    assert small_number("") is None
    with pytest.raises(ValidationError):
        small_number(2**31)


def test_an_optional_id_of_zero_is_none():
    assert (optional_id(0), optional_id("0"), optional_id(7)) == (None, None, 7)


@pytest.mark.parametrize("sent", [None, "", 0, -1, "0", True])
def test_a_required_id_is_at_least_one(sent):
    with pytest.raises(ValidationError):
        required_id(sent)


@pytest.mark.parametrize(
    ("sent", "read"), [("a", "a"), ("", None), (None, None), (7, "7"), (1.5, "1.5"), (" ", " ")]
)
def test_a_text_is_returned_unchanged(sent, read):
    assert text(sent) == read


@pytest.mark.parametrize("sent", [True, [], {}, 2**63])
def test_a_value_that_is_not_a_text_is_refused(sent):
    with pytest.raises(ValidationError):
        text(sent)


@pytest.mark.parametrize(
    ("sent", "read"),
    [(True, True), (False, False), (1, True), (0, False), ("", None), (None, None)],
)
def test_a_flag_is_read(sent, read):
    assert flag(sent) is read


@pytest.mark.parametrize("sent", ["true", "1", 2, [], {}])
def test_a_word_is_not_a_flag(sent):
    with pytest.raises(ValidationError):
        flag(sent)


@pytest.mark.parametrize(
    ("sent", "read"), [("a", "a"), ("", None), (None, None), ({"å": [1]}, '{"å": [1]}'), (7, "7")]
)
def test_a_value_that_is_not_a_text_becomes_json(sent, read):
    assert json_text(sent) == read
