"""However requests are cut on their way, they arrive as they were sent."""

from __future__ import annotations

import pytest
from gunicorn.config import Config
from gunicorn.http import errors
from hypothesis import given, settings
from hypothesis import strategies as st

from receiver.arrivals import CHUNKS_MOST, FRAMES_MAX_BYTES, HEAD_MAX_BYTES, Arrival

BODY_MAX_BYTES = 1000
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
CFG = Config()


def arrival():
    return Arrival(CFG, ("127.0.0.1", 1), body_max_bytes=BODY_MAX_BYTES)


def plain(body):
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(body):
    chunks = b"".join(
        b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in (body[:3], body[3:]) if part
    )
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer-Field: x\r\n\r\n"


def bodies_of(stream, cuts):
    """Feed a stream in pieces; return the bodies of its requests in order."""
    bodies, now = [], arrival()
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        data = stream[begin:end]
        while data and now.add(data):
            bodies.append(now.request.body.read())
            data = now.surplus()
            now = arrival()
    assert not now.begun
    return bodies


@settings(deadline=None)
@given(
    bodies=st.lists(st.binary(max_size=40), max_size=4),
    framing=st.sampled_from([plain, chunked]),
    drawn=st.data(),
)
def test_a_stream_of_requests_may_be_cut_anywhere(bodies, framing, drawn):
    stream = b"".join(map(framing, bodies))
    cuts = sorted(drawn.draw(st.sets(st.integers(0, len(stream)), max_size=8)))

    assert bodies_of(stream, cuts) == bodies


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


def test_neither_is_an_endless_chunk():
    one = arrival()
    one.add(HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n")

    assert one.add(b"x" * (BODY_MAX_BYTES + FRAMES_MAX_BYTES + 1))


def test_neither_is_a_body_in_crumbs():
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
