from __future__ import annotations

import base64
import binascii
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.chunks import cut
from workers.clients.streaming.base64_stream import Base64Decoder, NotBase64, Unescaper

ESCAPES = ["", "", "", " ", "\n", "\\n", "\\r\\n", "\\t", "\\u000a", "\\u000D"]


def decoded(pieces: list[bytes]) -> bytes:
    unescaper, decoder = Unescaper(), Base64Decoder()
    content = b"".join(decoder.feed(unescaper.feed(piece)) for piece in pieces)
    unescaper.finish()
    decoder.finish()
    return content


@given(st.binary(), st.data(), st.lists(st.integers(0, 10_000)))
def test_base64_is_decoded_wherever_it_is_cut_and_however_it_is_escaped(content, data, places):
    text = ""
    for character in base64.b64encode(content).decode():
        shown = [character, f"\\u{ord(character):04x}"]
        if character == "/":
            shown.append("\\/")
        text += data.draw(st.sampled_from(shown)) + data.draw(st.sampled_from(ESCAPES))

    assert decoded(cut(text.encode(), places)) == content


@given(st.text("AZaz09+/=\n -_.", max_size=24), st.lists(st.integers(0, 24)))
def test_it_is_as_strict_as_the_standard_library_and_accepts_whole_groups_of_four_only(
    text, places
):
    """The library lets "0000=" pass, although a group is not complete."""
    encoded = re.sub(r"\s", "", text)
    try:
        if len(encoded) % 4:
            raise binascii.Error
        expected = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        with pytest.raises(NotBase64):
            decoded(cut(text.encode(), places))
    else:
        assert decoded(cut(text.encode(), places)) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"QQ",
        b"QQ=",
        b"QQ==QQ==",
        b"QQ==\\",
        b"QQ==\\u00",
        b"QQ==\\b",
        b"QQ==\\x41",
        b"QQ\\\\==",
        b"QQ\\u005c\\n==",
        b"QQ\\\\nn==",
        b"QQ\\u005cn==",
        b"QQ\\u0141==",
        b"QQ\\u0000==",
        b"QQ\\u00e9==",
        b"QQ\xc3\xa9==",
        b"QQ-_",
    ],
)
def test_anything_else_is_refused_wherever_it_is_cut(text):
    for place in range(len(text)):
        with pytest.raises(NotBase64):
            decoded([text[:place], text[place:]])
