"""Where a request ends, and when it is not waited for any longer."""

from __future__ import annotations

import pytest
from gunicorn.http import errors

from receiver.arrivals import CHUNKS_MOST, FRAMES_MAX_BYTES, HEAD_MAX_BYTES
from tests.support.requests_in_pieces import (
    BODY_MAX_BYTES,
    HEAD,
    arrival,
    bodies_of,
    chunked,
    plain,
)


def test_a_stream_may_come_byte_by_byte():
    stream = plain(b"{}") + b"\r\n" + chunked(b'{"a":1}') + plain(b"")

    assert bodies_of(stream, range(1, len(stream))) == [b"{}", b'{"a":1}', b""]


def test_a_body_that_is_not_read_is_skipped():
    one = arrival()

    assert one.add(plain(b"unread") + b"next")
    assert one.surplus() == b"next"


@pytest.mark.parametrize("body", [b"5\r\nab", b"0\r\n", b"zz\r\n"])
def test_behind_a_broken_body_nothing_is_expected(body):
    one = arrival()

    one.add(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body)

    assert one.end()
    assert one.surplus() is None


def test_too_long_a_body_is_not_waited_for():
    assert arrival().add(HEAD + b"Content-Length: %d\r\n\r\n" % (BODY_MAX_BYTES + 1))


def test_an_endless_chunk_is_not_waited_for():
    one = arrival()
    one.add(HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n")

    assert one.add(b"x" * (BODY_MAX_BYTES + FRAMES_MAX_BYTES + 1))


def test_a_body_in_crumbs_is_not_waited_for():
    one = arrival()
    one.add(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")

    assert one.add(b"1\r\nx\r\n" * (CHUNKS_MOST + 1))


def test_too_long_a_head_is_refused():
    with pytest.raises(errors.LimitRequestHeaders):
        arrival().add(HEAD + b"X: y\r\n" * HEAD_MAX_BYTES)


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\n", b"GET /\r\n", b"GET / HTTP/2.0\r\n"])
def test_what_does_not_begin_like_a_request_is_refused_at_its_first_line(garbage):
    with pytest.raises(
        (errors.InvalidRequestLine, errors.InvalidHTTPVersion, errors.ParseException)
    ):
        arrival().add(garbage)


def test_whoever_asks_is_told_once_to_go_ahead():
    one = arrival()

    assert not one.add(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert (one.wants_go_ahead(), one.wants_go_ahead()) == (True, False)
