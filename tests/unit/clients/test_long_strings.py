from __future__ import annotations

import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.clients.long_strings import LongString, NoObject, NoRoom, QuoteWithin, SecondLongString

LIMIT = 40
STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)

strings = st.text(max_size=3) | st.text(
    st.characters(blacklist_characters='"\\', blacklist_categories=["Cs"]), max_size=60
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
    max_leaves=8,
)


def split(pieces: list[bytes], *, limit: int = LIMIT, room: int = 100_000):
    taken: list[bytes] = []
    long_string = LongString(taken.append, limit=limit, room=room)
    for piece in pieces:
        long_string.feed(piece)
    return long_string, long_string.finish(), b"".join(taken)


def cut(text: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(bounds)]


@given(
    st.dictionaries(strings, values, max_size=4),
    st.booleans(),
    st.lists(st.integers(0, 10_000), max_size=12),
)
def test_a_document_wherever_it_is_cut_gives_up_one_long_string_and_nothing_else(
    document, ensure_ascii, places
):
    text = json.dumps(document, ensure_ascii=ensure_ascii).encode()
    found = [string for string in STRING.findall(text) if len(string) > LIMIT]

    if len(found) > 1:
        with pytest.raises(SecondLongString):
            split(cut(text, places))
        return
    long_string, small, taken = split(cut(text, places))

    assert long_string.diverted == bool(found)
    assert [taken] == (found or [b""])
    assert small.replace(long_string.placeholder.encode(), taken) == text


@pytest.mark.parametrize(("length", "diverted"), [(LIMIT, False), (LIMIT + 1, True)])
def test_a_string_is_long_above_the_limit_whether_it_comes_whole_or_byte_by_byte(length, diverted):
    text = b'{"a":"%s"}' % (b"x" * length)

    assert split([text])[0].diverted is diverted
    assert split([bytes([byte]) for byte in text])[0].diverted is diverted


@pytest.mark.parametrize("text", [b"", b" ", b'{"a', b'{"a":"' + b"x" * 99, b'{"a\\"'])
def test_a_document_that_stops_within_a_string_is_none(text):
    with pytest.raises(NoObject):
        split([text])


@pytest.mark.parametrize("text", [b"<html><img src='x", b"[", b'"', b"\xef\xbb\xbf \n<"])
def test_a_page_is_told_from_a_document_by_its_first_character(text):
    with pytest.raises(NoObject):
        split([text + b'"' + b"x" * 99])


@pytest.mark.parametrize("end", [b'\\" and more"}', b'\\\\"}'])
def test_a_long_string_with_a_quote_in_it_is_refused(end):
    text = b'{"a":"' + b"x" * 99 + end

    for place in range(len(text)):
        with pytest.raises(QuoteWithin):
            split([text[:place], text[place:]])


def test_what_surrounds_the_long_string_is_bounded():
    with pytest.raises(NoRoom):
        split([b"{", *[b" " * 10] * 20], room=100)
