"""Recognises callbacks that are sent plainly, which need no more of HTTP than their head says.

Plain is a whole head that asks for nothing, and a short body with ``Content-Length``. The receiver
answers such a request itself; gunicorn's protocol has all others, and what is wrong with one. The
head is parsed and validated by gunicorn's own parser in both cases.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeAlias

from gunicorn_h1c import parse_request_fast

from receiver.asgi import CALLBACKS, Reply, Scope

Address: TypeAlias = tuple[Any, ...] | None

START = b"POST " + CALLBACKS
HEAD_END = b"\r\n\r\n"
# Settings of gunicorn, of which the parser takes each by its name.
HEAD_LIMITS = ("limit_request_line", "limit_request_fields", "limit_request_field_size")
# What may change how a request is read, or asks for more than an answer.
DEMANDING = frozenset(
    (b"transfer-encoding", b"expect", b"upgrade", b"http2-settings", b"te", b"trailer")
)
_PATH = re.compile(re.escape(CALLBACKS) + rb"[A-Za-z0-9._~-]+/?")
_DIGITS = re.compile(rb"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRequest:
    """A plain request whose head has arrived."""

    scope: Scope
    head_bytes: int
    size_bytes: int  # of the head and the body


def read_head(
    data: bytes | bytearray,
    *,
    max_bytes: int,
    limits: Mapping[str, int],
    server: Address,
    client: Address,
) -> PlainRequest | None:
    """Return the request that ``data`` begins with; ``None`` unless it is plain.

    One of more than ``max_bytes`` is not, nor one whose head exceeds gunicorn's ``limits``, by the
    names in ``HEAD_LIMITS``. ``server`` and ``client`` are the connection's addresses.
    """
    if not data.startswith(START) or HEAD_END not in data:
        return None
    try:
        head = parse_request_fast(bytes(data), **limits)
    except Exception:  # beyond a limit, or not HTTP; not all classes of its errors are exported
        return None
    headers = head.asgi_headers
    values = dict(headers)
    length = values.get(b"content-length", b"")
    if (
        len(values) < len(headers)  # one comes twice
        or b"host" not in values
        or head.minor_version != 1
        or not _DIGITS.fullmatch(length)
        or not _PATH.fullmatch(head.path)
        or not DEMANDING.isdisjoint(values)
        or values.get(b"connection", b"keep-alive").lower() != b"keep-alive"
        or b"_" in b"".join(values)  # may be taken for another header
        or (size_bytes := head.consumed + int(length)) > max_bytes
    ):
        return None
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "raw_path": head.path,
        "query_string": b"",
        "headers": headers,
        "server": server,
        "client": client,
    }
    return PlainRequest(scope=scope, head_bytes=head.consumed, size_bytes=size_bytes)


def answer_of(reply: Reply, *, is_last: bool) -> bytes:
    """Return ``reply`` as it is sent; ``is_last`` announces that the connection is closed then."""
    head = _head(reply.status, tuple(reply.headers), int(time.time()))
    return b"%b%b\r\n%b" % (head, b"Connection: close\r\n" * is_last, reply.body)


@lru_cache(maxsize=64)
def _head(status: int, headers: tuple[tuple[bytes, bytes], ...], now: int) -> bytes:
    lines = [
        b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode()),
        b"Date: " + formatdate(now, usegmt=True).encode(),
        *(name + b": " + value for name, value in headers),
    ]
    return b"".join(line + b"\r\n" for line in lines)
