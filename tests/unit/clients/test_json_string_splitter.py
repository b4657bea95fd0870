from __future__ import annotations

import pytest

from tests.support.chunks import LIMIT, split_long_string
from workers.clients.streaming.json_string_splitter import (
    DocumentTooLarge,
    NotAnObject,
    UnescapedQuote,
)


@pytest.mark.parametrize(("length", "diverted"), [(LIMIT, False), (LIMIT + 1, True)])
def test_a_string_is_long_above_the_limit_in_one_piece_or_byte_by_byte(length, diverted):
    text = b'{"a":"%s"}' % (b"x" * length)

    assert split_long_string([text])[0].diverted is diverted
    assert split_long_string([bytes([byte]) for byte in text])[0].diverted is diverted


@pytest.mark.parametrize("text", [b"", b" ", b'{"a', b'{"a":"' + b"x" * 99, b'{"a\\"'])
def test_a_document_that_ends_within_a_string_is_refused(text):
    with pytest.raises(NotAnObject):
        split_long_string([text])


@pytest.mark.parametrize("text", [b"<html><img src='x", b"[", b'"', b"\xef\xbb\xbf \n<"])
def test_a_page_differs_from_a_document_by_its_first_character(text):
    with pytest.raises(NotAnObject):
        split_long_string([text + b'"' + b"x" * 99])


@pytest.mark.parametrize("end", [b'\\" and more"}', b'\\\\"}'])
def test_a_long_string_with_a_quote_in_it_is_refused(end):
    text = b'{"a":"' + b"x" * 99 + end

    for place in range(len(text)):
        with pytest.raises(UnescapedQuote):
            split_long_string([text[:place], text[place:]])


def test_the_document_around_the_long_string_is_limited():
    with pytest.raises(DocumentTooLarge):
        split_long_string([b"{", *[b" " * 10] * 20], max_document=100)
