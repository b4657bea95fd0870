"""orjson reads most texts, the standard library the others: the result is always the latter's."""

from __future__ import annotations

from unittest.mock import patch

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.strict_json import InvalidJson, read_json
from tests.properties.json_texts import json_texts

CODECS = st.sampled_from(
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]
)


def outcome(text, control_characters):
    try:
        return repr(read_json(text, control_characters=control_characters))
    except InvalidJson as error:
        return error.args


def outcome_by_standard_library(text, control_characters):
    refusal = orjson.JSONDecodeError("not asked", "", 0)
    with patch.object(orjson, "loads", side_effect=refusal):
        return outcome(text, control_characters)


@given(json_texts, st.booleans())
def test_any_text_is_read_as_the_standard_library_reads_it(text, control_characters):
    expected = outcome_by_standard_library(text, control_characters)

    assert outcome(text, control_characters) == expected


@given(json_texts, CODECS, st.booleans())
def test_bytes_in_any_encoding_are_read_as_the_standard_library_reads_them(
    text, codec, control_characters
):
    encoded = text.encode(codec, "surrogatepass")
    expected = outcome_by_standard_library(encoded, control_characters)

    assert outcome(encoded, control_characters) == expected


@given(st.binary(), st.booleans())
def test_any_bytes_are_read_as_the_standard_library_reads_them(encoded, control_characters):
    expected = outcome_by_standard_library(encoded, control_characters)

    assert outcome(encoded, control_characters) == expected


@pytest.mark.parametrize("text", ['{"id": 123456789012345678, "note": "Å"}', "[1.5, -0, true]"])
def test_usual_json_is_read_by_orjson(text):
    expected = read_json(text)

    with patch("json.JSONDecoder.decode", side_effect=AssertionError):
        assert read_json(text) == expected
        assert read_json(text.encode()) == expected
