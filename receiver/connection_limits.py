"""Limits on every connection of the receiver: in bytes, in time, and in number.

Gunicorn's ``asgi`` worker parses HTTP, and holds thousands of idle connections for nothing; but it
has no deadline for a request, no bound on connections or on what they hold, and it answers what
it cannot parse with plain text that may quote the request. This module adds that, around the
public protocol class of gunicorn. Plain callbacks are answered without that class, which costs
more than the rest of an answer.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from enum import Enum, auto
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any

import structlog
from gunicorn.asgi.protocol import ASGIProtocol

from receiver import metrics
from receiver.asgi import Receive, Reply, Scope, Send
from receiver.errors import error_document
from receiver.guarded_transport import GuardedTransport
from receiver.metrics_bind import MARK
from receiver.plain_requests import PlainRequest, answer_of, read_head
from schemas.jsonapi import MEDIA_TYPE
from workers.config.logs import stack_without_values

if TYPE_CHECKING:
    from receiver.gunicorn_worker import Worker

log = structlog.get_logger(__name__)

REQUEST_WITHIN_S = 20.0  # from its first byte to its last
LINGER_S = 2.0  # for a sender to read our last answer before its connection is reset
SEND_WITHIN_S = 1.0  # an answer is small: only a sender that reads nothing delays it
INBOX_MAX_BYTES = 64 * 1024  # then no more is read until the parser has taken it
PIECE_BYTES = 8 * 1024  # that the parser gets at once
TURNS = 5  # of the loop, within which gunicorn calls ``respond`` after the end of a head
MESSAGES_AT_ONCE = 256  # parts of a body, before others have their turn


class Phase(Enum):
    """What a connection waits for."""

    IDLE = auto()  # for the first byte of a request
    READING = auto()  # for the rest of it
    ANSWERING = auto()  # for the application
    CLOSING = auto()  # for the sender to hang up: it has its last answer


class Connection(asyncio.Protocol):
    """One connection: its limits around gunicorn's protocol, which reads and writes HTTP.

    What arrives waits in ``inbox``. Plain requests are answered from there, one after the other.
    With the first request that is not plain, gunicorn's protocol has the connection to its end,
    since its parser may hold the beginning of a further request. It gets what arrives in small
    pieces, and only while it needs them: its parser drops a pipelined request beyond 64 KiB, and
    needs quadratic time for large pieces of a chunked body.
    """

    def __init__(self, worker: Worker, *, at_metrics_bind: bool = False) -> None:
        self.server = worker
        self.at_metrics_bind = at_metrics_bind
        self.http: ASGIProtocol | None = None  # once a request is not plain
        self.plain: PlainRequest | None = None  # its body has not arrived
        self.transport: Any = None  # the socket's; asyncio gives it when the connection is made
        self.inbox = bytearray()
        self.is_paused = False  # nothing more is read until the inbox is smaller
        self.held_bytes = 0  # of the request, as they arrived, and of the inbox
        self.may_write = False  # while the application's answer is sent
        self.is_unread = False  # its answers wait for the sender to read
        self.half_closed = False  # the sender will send nothing more
        self._next: asyncio.Handle | None = None  # the next turn of the loop, if it is awaited
        self._turns = 0
        self._hung_up: asyncio.Event | None = None  # while an answer waits
        self._enter(Phase.IDLE)

    def is_busy(self) -> bool:
        """Return whether the application works on a request of this connection."""
        return self.phase is Phase.ANSWERING

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept a sender; if there are too many, close another connection."""
        self.transport = transport
        self.transport.set_write_buffer_limits(high=INBOX_MAX_BYTES)
        if len(self.server.connections) >= self.server.cfg.worker_connections:
            self.server.evict_idle()
        self.server.connections[self] = None
        self.addresses = _addresses(transport, "sockname"), _addresses(transport, "peername")

    def data_received(self, data: bytes) -> None:
        """Take what arrives; the parser gets it in its turn."""
        if self.phase is Phase.CLOSING:
            return
        self.inbox += data
        self.held_bytes += len(data)
        self.server.hold(len(data))
        if len(self.inbox) > INBOX_MAX_BYTES and not self.is_paused:
            self.is_paused = True
            self.transport.pause_reading()
        if self._next is None:
            self._advance()

    def eof_received(self) -> bool:
        """Keep the connection of a sender that has only ended its own side, for its answers."""
        self.half_closed = True
        self._after(TURNS)
        return self.phase is not Phase.CLOSING

    def pause_writing(self) -> None:
        """Limit the time for a sender that does not read its answers."""
        self.deadline = time.monotonic() + SEND_WITHIN_S
        self.is_unread = True
        if self.http is not None:
            self.http.pause_writing()

    def resume_writing(self) -> None:
        """Lift that limit."""
        self._enter(self.phase)
        self.is_unread = False
        if self.http is not None:
            self.http.resume_writing()
        else:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection, except for what the application still works on."""
        self.server.connections.pop(self, None)
        was_busy = self.is_busy()
        self._enter(Phase.CLOSING)
        self._cancel()
        if self._hung_up is not None:
            self._hung_up.set()
        if not was_busy:
            self._release()
        if self.http is not None:
            self.http.connection_lost(exc)

    async def respond(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request: the ASGI application of this connection."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        self._cancel()
        self._enter_reading()
        try:
            await self._respond(scope, receive, send)
        finally:
            self.may_write = False
            if self.phase is Phase.CLOSING:
                self._release()

    async def _respond(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        request = await self._read_body(scope, receive)
        if request is None or self.phase is not Phase.READING:
            return  # its sender hung up, or it took too long and has been refused
        body, is_whole = request
        self._enter(Phase.ANSWERING)
        if self.at_metrics_bind:
            scope = scope | {MARK: True}
        reply = await self.server.application.answer(scope, body)
        del request, body  # they need not be kept while the answer waits
        await self._wait(reply.wait_s)
        is_last = not is_whole or self.server.is_stopping
        headers = [*reply.headers, (b"connection", b"close")] if is_last else reply.headers
        self.may_write = True
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})
        self.may_write = False
        self._end()

    async def _read_body(
        self, scope: dict[str, Any], receive: Receive
    ) -> tuple[bytes, bool] | None:
        """Return the body, and whether that is all of it; ``None`` if the sender hung up.

        If the body is too long, only a part of it is read, and nothing if ``Content-Length`` says
        so: that is enough for the application to refuse it.
        """
        if announced_bytes(scope) > self.server.callback_limit.arriving_max_bytes:
            return b"", False
        body, size = bytearray(), self.server.callback_limit.count()
        for number in count(1):
            if self.inbox or self.half_closed:
                self._after(0)  # if ``receive`` has to wait
            message = await receive()
            self._cancel()
            if message["type"] != "http.request":
                return None
            body += message["body"]
            size.add(message["body"])
            if size.is_too_large or not message["more_body"]:
                return bytes(body), not message["more_body"]
            if number % MESSAGES_AT_ONCE == 0:
                await asyncio.sleep(0)
        raise AssertionError

    async def _answer_plain(self, scope: Scope, body: bytes) -> None:
        try:
            reply = await self.server.application.answer(scope, body)
            del body  # it need not be kept while the answer waits
            await self._wait(reply.wait_s)
            self._send_plain(reply)
        except Exception as error:  # a bug of ours, or no thread left: the connection must end
            log.error(
                "unexpected error",
                error=type(error).__name__,
                where=stack_without_values(error),
            )
            self.refuse(500)
        finally:
            if self.phase is Phase.CLOSING:
                self._release()

    async def _wait(self, seconds: float) -> None:
        """Return after some seconds, or once the sender has hung up; hold no bytes meanwhile."""
        if seconds > 0 and self.phase is Phase.ANSWERING:
            self._release(keep_bytes=len(self.inbox))
            self._hung_up = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hung_up.wait(), seconds)

    def _send_plain(self, reply: Reply) -> None:
        if self.phase is not Phase.ANSWERING:
            return
        is_last = self.server.is_stopping
        self.transport.write(answer_of(reply, is_last=is_last))
        if is_last:
            self.linger()
        elif not self.is_unread:
            self._end()

    def _enter(self, phase: Phase) -> None:
        self.phase, self.deadline = phase, time.monotonic() + self.server.limits_s[phase]

    def _enter_reading(self) -> None:
        """Limit the time for a request that has begun, of the connection that was idle least."""
        if self.phase is Phase.IDLE:
            self._enter(Phase.READING)
            self.server.connections[self] = self.server.connections.pop(self)

    def _end(self) -> None:
        """Wait for the next request, whose beginning may be here already."""
        if self.phase is not Phase.ANSWERING:
            return
        self._enter(Phase.IDLE)
        self._release(keep_bytes=len(self.inbox))
        if self.inbox or self.half_closed:
            self._after(TURNS if self.http is not None else 0)

    def _after(self, turns: int) -> None:
        """Have ``_advance`` called after some turns of the loop."""
        self._turns = turns
        if self._next is None:
            self._next = self.server.loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._next = None
        if self._turns > 0:
            self._after(self._turns - 1)
        else:
            self._advance()

    def _cancel(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _advance(self) -> None:
        """Answer what is plain, or give the parser the next piece; at the end, end the connection.

        Within ``TURNS`` gunicorn calls ``respond`` if the piece ended a head, so that no more of
        the next request is in its parser than that can hold.
        """
        if self.phase not in (Phase.IDLE, Phase.READING) or self.transport.is_closing():
            return
        if self.inbox and self.http is None and self._advance_plain():
            return
        if self.inbox:
            self._enter_reading()
            http = self.http or self._make_http()
            piece = bytes(self.inbox[:PIECE_BYTES])
            self._take_from_inbox(PIECE_BYTES)
            http.data_received(piece)
            if self.inbox or self.half_closed:
                self._after(TURNS)
        elif self.half_closed and self.phase is Phase.READING:
            self.refuse(400)
        elif self.half_closed:
            self.transport.close()

    def _take_from_inbox(self, size_bytes: int) -> None:
        del self.inbox[:size_bytes]
        if self.is_paused and len(self.inbox) <= INBOX_MAX_BYTES:
            self.is_paused = False
            self.transport.resume_reading()

    def _advance_plain(self) -> bool:
        """Begin to answer a plain request that has arrived; return whether the inbox has one."""
        if self.plain is None:
            if not self.server.answers_plain or self.at_metrics_bind:
                return False
            server, client = self.addresses
            self.plain = read_head(
                self.inbox,
                max_bytes=INBOX_MAX_BYTES,
                limits=self.server.head_limits,
                server=server,
                client=client,
            )
            if self.plain is None:
                return False
            self._enter_reading()
        plain = self.plain
        if len(self.inbox) >= plain.size_bytes:
            self.plain = None
            body = bytes(self.inbox[plain.head_bytes : plain.size_bytes])
            self._take_from_inbox(plain.size_bytes)
            self._enter(Phase.ANSWERING)
            self.server.answer_plain(self._answer_plain(plain.scope, body))
        elif self.half_closed:
            self.refuse(400)
        return True

    def _make_http(self) -> ASGIProtocol:
        self.http = ASGIProtocol(self.server)
        self.http.app = self.respond
        self.http.connection_made(GuardedTransport(self.transport, self))
        return self.http

    def _release(self, *, keep_bytes: int = 0) -> None:
        self.server.hold(keep_bytes - self.held_bytes)
        self.held_bytes = keep_bytes

    def expire(self) -> None:
        """End the connection after its deadline."""
        if self.phase is Phase.READING:
            self.refuse(408)
        else:
            self.abort()

    def refuse(self, status: int) -> None:
        """Answer a request that never reaches the application. The request is not quoted."""
        if self.phase is Phase.CLOSING:
            return
        self.server.refused.warn(status=status)
        metrics.REFUSED_REQUESTS.labels(status).inc()
        body = error_document(status)
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nConnection: close\r\n"
            f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.linger()

    def linger(self) -> None:
        """Send nothing more, and discard what arrives until the sender has closed its side.

        To close at once would reset the connection, and the sender might not see its answer.
        """
        if self.phase is Phase.CLOSING or self.transport.is_closing():
            return
        self._enter(Phase.CLOSING)
        self._cancel()
        self.inbox.clear()
        self._release()
        if self.half_closed:
            self.transport.close()
        else:
            self.transport.resume_reading()
            self.transport.write_eof()

    def abort(self) -> None:
        """Close the connection at once."""
        self.transport.abort()


def announced_bytes(scope: dict[str, Any]) -> int:
    """Return the ``Content-Length`` of a request; 0 if it has none."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if len(value) < 20 else sys.maxsize
    return 0


def _addresses(transport: Any, name: str) -> tuple[Any, ...] | None:
    """Return host and port of one end of a socket, as ASGI has them."""
    address = transport.get_extra_info(name)
    return tuple(address[:2]) if isinstance(address, tuple) else None  # none of a Unix socket
