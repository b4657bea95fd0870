"""Limits on every connection of the receiver: in bytes, in time, and in number.

Gunicorn's ``asgi`` worker parses HTTP, and holds thousands of idle connections for nothing; but it
has no deadline for a request, no bound on connections or on what they hold, and it answers what
it cannot parse with plain text that may quote the request. This module adds that, around the
public parts of gunicorn: its worker class and its protocol.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus
from math import inf
from typing import Any

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers.gasgi import ASGIWorker

from receiver import metrics
from receiver.asgi import AsgiAdapter, Receive, Send, read_body
from receiver.errors import error_document
from schemas.jsonapi import MEDIA_TYPE
from workers.config.logs import RateLimitedWarning

REQUEST_WITHIN_S = 20.0  # from its first byte to its last
LINGER_S = 2.0  # for a sender to read our last answer before its connection is reset
SEND_WITHIN_S = 1.0  # an answer is small: only a sender that reads nothing delays it
HELD_MAX_BYTES = 64 * 1024 * 1024  # of requests not answered yet; parsed, they take far more
TICK_S = 0.1  # between two checks of all deadlines


class Phase(Enum):
    """What a connection waits for."""

    IDLE = auto()  # for the first byte of a request
    READING = auto()  # for the rest of it
    ANSWERING = auto()  # for the application
    CLOSING = auto()  # for the sender to hang up: it has its last answer


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn carries no types
    """Gunicorn's asgi worker around a WSGI application. No TLS, no HTTP/2, no WebSockets.

    ``alive``, ``asgi``, ``cfg``, ``loop``, ``ppid`` and ``sockets`` are the base class's.
    """

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what this worker cannot do."""
        if cfg.is_ssl:
            raise RuntimeError("The receiver does not speak TLS: put a proxy in front of it.")

    def load_wsgi(self) -> None:
        """Load the application, and create what all connections share."""
        super().load_wsgi()
        self.application = AsgiAdapter(self.asgi)
        self.connections: dict[Connection, None] = {}  # the one that is idle longest comes first
        self.joining: set[asyncio.Task[Any]] = set()
        self.held_bytes = 0
        self.refused = RateLimitedWarning("requests refused before the application read them")

    def run(self) -> None:
        """Serve until gunicorn asks to stop, then finish what is being answered."""
        self.loop.run_until_complete(self.serve())
        self.application.close()

    async def serve(self) -> None:
        """Accept connections until gunicorn asks to stop, and enforce their deadlines."""
        for listener in self.sockets:
            self.loop.add_reader(listener.sock, self.accept, listener.sock)
        while self.alive and self.ppid == os.getppid():
            await self.tick()
        for listener in self.sockets:
            self.loop.remove_reader(listener.sock)
        await self.close_connections()

    async def close_connections(self) -> None:
        """Answer the current or next request of each connection with "close", then close it.

        A request that arrives within ``graceful_timeout`` is answered, however long that takes.
        """
        ends_at = time.monotonic() + self.cfg.graceful_timeout
        while self.connections and time.monotonic() < ends_at:
            await self.tick()
        while any(each.is_busy() for each in self.connections):
            await self.tick()
        for connection in list(self.connections):
            connection.abort()
        await self.tick()

    async def tick(self) -> None:
        """Show gunicorn that the loop runs, end connections whose time is over, and pause."""
        self.notify()
        now = time.monotonic()
        for connection in [each for each in self.connections if each.deadline <= now]:
            connection.expire()
        await asyncio.sleep(TICK_S)

    def accept(self, listener: socket.socket) -> None:
        """Accept one connection, then let other processes run.

        Connections that arrive together are so spread over all processes. A server of the loop's
        own accepts them all at once, and the other processes stay idle.
        """
        try:
            accepted, _ = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.evict()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        accepted.setblocking(False)
        os.sched_yield()
        joining = self.loop.create_task(
            self.loop.connect_accepted_socket(lambda: Connection(self), accepted)
        )
        self.joining.add(joining)
        joining.add_done_callback(self.joining.discard)

    def evict(self, key: Callable[[Connection], int] | None = None) -> None:
        """Close one connection that is not being answered: with ``key`` the largest by it."""
        idle = [each for each in self.connections if not each.is_busy()]
        if idle:
            (max(idle, key=key) if key else idle[0]).abort()


class Connection(asyncio.Protocol):
    """One connection: its limits around gunicorn's protocol, which reads and writes HTTP."""

    def __init__(self, worker: Worker) -> None:
        self.server = worker
        self.http = ASGIProtocol(worker)
        self.http.app = self.respond
        self.transport: Any = None  # the socket's; asyncio gives it when the connection is made
        self.held_bytes = 0
        self.may_write = False  # while the application's answer is sent
        self.half_closed = False  # the sender will send nothing more
        self._enter(Phase.IDLE)

    def is_busy(self) -> bool:
        """Return whether the application works on a request of this connection."""
        return self.phase is Phase.ANSWERING

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept a sender; if there are too many, close the connection that is idle longest."""
        self.transport = transport
        if len(self.server.connections) >= self.server.cfg.worker_connections:
            self.server.evict()
        self.server.connections[self] = None
        self.http.connection_made(GuardedTransport(transport, self))

    def data_received(self, data: bytes) -> None:
        """Count what arrives, and pass it on to the parser."""
        if self.phase is Phase.CLOSING:
            return
        self._begin()
        self.held_bytes += len(data)
        self.server.held_bytes += len(data)
        if self.server.held_bytes > HELD_MAX_BYTES:
            self.server.evict(lambda each: each.held_bytes)
        self.http.data_received(data)

    def eof_received(self) -> bool:
        """Keep the connection of a sender that has only ended its own side, for the answer."""
        self.half_closed = True
        if self.phase is Phase.READING:  # what has arrived may be whole and about to be answered
            self.deadline = time.monotonic() + TICK_S
        return self.phase in (Phase.READING, Phase.ANSWERING)

    def pause_writing(self) -> None:
        """Limit the time for a sender that does not read its answers."""
        self.deadline = time.monotonic() + SEND_WITHIN_S
        self.http.pause_writing()

    def resume_writing(self) -> None:
        """Lift that limit."""
        self._enter(self.phase)
        self.http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.server.connections.pop(self, None)
        self._enter(Phase.CLOSING)
        self._release()
        self.http.connection_lost(exc)

    async def respond(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request: the ASGI application of this connection."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        self._begin()
        body = await read_body(scope, receive)
        if body is None or self.phase is not Phase.READING:
            return  # its sender hung up, or it took too long and has been refused
        self._enter(Phase.ANSWERING)
        reply = await self.server.application.answer(scope, body)
        self.may_write = True
        start = {"type": "http.response.start", "status": reply.status, "headers": reply.headers}
        await send(start)
        await send({"type": "http.response.body", "body": reply.body})
        self.may_write = False
        self._end()

    def _enter(self, phase: Phase) -> None:
        limits_s = {
            Phase.IDLE: TICK_S if self.half_closed else self.server.cfg.keepalive,
            Phase.READING: REQUEST_WITHIN_S,
            Phase.ANSWERING: inf,
            Phase.CLOSING: LINGER_S,
        }
        self.phase, self.deadline = phase, time.monotonic() + limits_s[phase]

    def _begin(self) -> None:
        if self.phase is Phase.IDLE:
            self._enter(Phase.READING)

    def _end(self) -> None:
        if self.phase is Phase.ANSWERING:
            self._enter(Phase.IDLE)
            self._release()
            self.server.connections[self] = self.server.connections.pop(self)

    def _release(self) -> None:
        self.server.held_bytes -= self.held_bytes
        self.held_bytes = 0

    def expire(self) -> None:
        """End the connection after its deadline."""
        if self.phase is Phase.READING:
            self.refuse(400 if self.half_closed else 408)
        else:
            self.abort()

    def refuse(self, status: int) -> None:
        """Answer a request that never reaches the application. The request is not quoted."""
        if self.phase is Phase.CLOSING:
            return
        self.server.refused.warn(status=status)
        metrics.REFUSED.labels(status).inc()
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
        self._release()
        self._enter(Phase.CLOSING)
        if self.half_closed:
            self.transport.close()
        else:
            self.transport.resume_reading()
            self.transport.write_eof()

    def abort(self) -> None:
        """Close the connection at once."""
        self.transport.abort()


class GuardedTransport:
    """The socket as gunicorn's protocol sees it, except that gunicorn's own errors are replaced.

    They are plain text that may quote the request; error documents take their place. Where
    gunicorn closes, the connection lingers.
    """

    def __init__(self, transport: Any, connection: Connection) -> None:
        self._transport = transport
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send the application's answer and ``100 Continue``; replace refusals."""
        if self._connection.may_write or data.startswith(b"HTTP/1.1 100 "):
            self._transport.write(data)
        elif data.startswith(b"HTTP/1.1 "):
            self._connection.refuse(int(data[9:12]))

    def write_eof(self) -> None:
        """Leave this to ``close``."""

    def close(self) -> None:
        """End the connection so that its sender sees the last answer."""
        self._connection.linger()
