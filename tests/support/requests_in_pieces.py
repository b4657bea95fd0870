"""Requests on their way to the receiver, cut as the network may cut them."""

from __future__ import annotations

from collections.abc import Iterable

from gunicorn.config import Config

from receiver.arrivals import Arrival

BODY_MAX_BYTES = 1000
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\n"
CFG = Config()


def arrival() -> Arrival:
    return Arrival(CFG, ("127.0.0.1", 1), body_max_bytes=BODY_MAX_BYTES)


def plain(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(body: bytes) -> bytes:
    chunks = b"".join(
        b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in (body[:3], body[3:]) if part
    )
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer-Field: x\r\n\r\n"


def bodies_of(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
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
