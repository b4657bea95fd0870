"""What has arrived over one connection, until it makes up a whole request."""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader

HEAD_MAX_BYTES = 64 * 1024
CHUNKS_MOST = 20_000  # of a body; a sender of smaller ones wants our time, not our attention
FRAMES_MAX_BYTES = 1024 * 1024  # of a chunked body, beside what is in the chunks
_LONGEST_CHUNK_LINE = 8190
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_REQUEST_LINE = re.compile(rb"(?:\r\n)?[^\n]* HTTP/1\.[01]\r\n")


class Arrival:
    """One request while it arrives. What is whole is judged by gunicorn's own parser.

    ``request`` is there once its head is. Every method raises what that parser raises.
    """

    def __init__(self, cfg: Any, peer: Any, *, body_max_bytes: int) -> None:
        self.request: Request | None = None
        self._cfg = cfg
        self._peer = peer
        self._body_max_bytes = body_max_bytes
        self._head = bytearray()
        self._received = _Received()
        self._body_bytes = 0
        self._body: _Length | _Chunks | None = None

    @property
    def begun(self) -> bool:
        """Whether anything has arrived."""
        return self.request is not None or bool(self._head)

    def add(self, data: bytes) -> bool:
        """Take what came; return whether the request can be worked on.

        That is when it is whole, or when it never will be: its body is too large or malformed.
        """
        if self._body is None:
            return self._add_to_head(data)
        self._received.add(data)
        return self._add_to_body(self._body, data)

    def end(self) -> bool:
        """Note that nothing more will come; return whether there is a request, perhaps cut off."""
        if self.request is None and self._head:
            self._parse()
        return self.request is not None

    def wants_go_ahead(self) -> bool:
        """Tell, once, whether the sender waits for ``100 Continue`` before it sends the body."""
        if self.request is None or not self.request._expected_100_continue:
            return False
        self.request._expected_100_continue = False
        return True

    def surplus(self) -> bytes | None:
        """Return what arrived behind the request; ``None`` if its end cannot be told.

        To be called when the request has been answered: what is left of its body is skipped.
        """
        if self.request is None or self._body is None or not self._body.ended:
            return None
        try:
            while self.request.body.read(_Received.PIECE_BYTES):
                pass
        except Exception:  # malformed: the next request may begin anywhere
            return None
        return None if self.request.body.failed else self._received.take()

    def _add_to_head(self, data: bytes) -> bool:
        searched = max(0, len(self._head) - 3)
        self._head += data
        if self._head.find(b"\r\n\r\n", searched) >= 0 or self._is_hopeless():
            return self._parse()
        if len(self._head) > HEAD_MAX_BYTES:
            raise LimitRequestHeaders("max buffer headers")
        return False

    def _is_hopeless(self) -> bool:
        return self._head.find(b"\n", 2) >= 0 and not _REQUEST_LINE.match(self._head)

    def _parse(self) -> bool:
        self._received.add(bytes(self._head))
        self._head.clear()
        self.request = Request(self._cfg, self._received, self._peer)
        reader = self.request.body.reader
        self._body = _Length(reader.length) if isinstance(reader, LengthReader) else _Chunks()
        if isinstance(self._body, _Length) and self._body.left > self._body_max_bytes:
            return True
        return self._add_to_body(self._body, self._received.peek())

    def _add_to_body(self, body: _Length | _Chunks, data: bytes) -> bool:
        self._body_bytes += len(data)
        body.add(data)
        too_large = self._body_bytes > self._body_max_bytes + FRAMES_MAX_BYTES
        return body.ended or body.hopeless or too_large


class _Received(Unreader):  # type: ignore[misc]  # gunicorn carries no types
    """Gives gunicorn's parser what has arrived, and then the end of the stream."""

    PIECE_BYTES = 64 * 1024

    def __init__(self) -> None:
        super().__init__()
        self._pieces: deque[bytes] = deque()

    def add(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def chunk(self, size_hint: int | None = None) -> bytes:
        return self._pieces.popleft() if self._pieces else b""

    def peek(self) -> bytes:
        """Return what the parser has put back."""
        put_back: bytes = self.buf.getvalue()
        return put_back

    def take(self) -> bytes:
        """Return everything that is left."""
        left: bytes = self.take_buffered() + b"".join(self._pieces)
        self._pieces.clear()
        return left


class _Length:
    """Counts a body of known length."""

    hopeless = False

    def __init__(self, length: int) -> None:
        self.left = length

    @property
    def ended(self) -> bool:
        return self.left <= 0

    def add(self, data: bytes) -> None:
        self.left -= len(data)


class _Chunks:
    """Finds the end of a chunked body. Gunicorn's parser, which is strict, reads it afterwards."""

    def __init__(self) -> None:
        self.ended = False
        self.hopeless = False
        self._line = bytearray()
        self._to_skip = 0
        self._chunks = 0
        self._trailing = False

    def add(self, data: bytes) -> None:
        at = 0
        while at < len(data) and not (self.ended or self.hopeless):
            if self._to_skip:
                step = min(self._to_skip, len(data) - at)
                self._to_skip -= step
                at += step
                continue
            newline = data.find(b"\n", at)
            stop = len(data) if newline < 0 else newline + 1
            self._line += data[at:stop]
            at = stop
            if newline >= 0:
                self._read_line(bytes(self._line))
                self._line.clear()
            self.hopeless = self.hopeless or len(self._line) > _LONGEST_CHUNK_LINE

    def _read_line(self, line: bytes) -> None:
        if self._trailing:
            self.ended = line == b"\r\n"
            return
        size = line.partition(b";")[0].strip(b" \t\r\n")
        self._chunks += 1
        if not _CHUNK_SIZE.fullmatch(size) or self._chunks > CHUNKS_MOST:
            self.hopeless = True
        elif int(size, 16) == 0:
            self._trailing = True
        else:
            self._to_skip = int(size, 16) + 2
