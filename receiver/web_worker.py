"""Gunicorn's threads, each given to a request only when the whole of it has arrived.

Gunicorn's own threaded worker reads requests in its threads: sixteen senders that dawdle, or stay
silent, hold sixteen threads, and nobody else is heard; and it waits in its one event loop for
each sender it refused to hang up. Here that loop does the waiting, for thousands at once, as a
buffering proxy would do.
"""

from __future__ import annotations

import errno
import json
import selectors
import socket
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import structlog
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from receiver import metrics
from receiver.arrivals import Arrival
from receiver.callbacks import BODY_MAX_BYTES
from workers.logs import Seldom

REQUEST_WITHIN_S = 20.0  # from its first byte to its last
LINGER_S = 2.0  # for a sender to read our last word before its connection is reset
SEND_WITHIN_S = 1.0  # an answer is small: only who reads nothing at all can delay it
HELD_MOST_BYTES = 256 * 1024 * 1024  # of requests that have not been answered
PIECE_BYTES = 64 * 1024
GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"
_STATUSES: Mapping[type[Exception], HTTPStatus] = MappingProxyType(
    {
        errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
        errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
        errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    }
)

log = structlog.get_logger(__name__)


class Connection:
    """One sender."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        self.cfg = cfg
        self.sock = sock
        self.client = client
        self.server = server
        self.until_s = 0.0
        self.held_bytes = 0
        self.lingers = False  # it has our last word
        self.arrival = self.next_arrival()
        sock.setblocking(False)

    def next_arrival(self) -> Arrival:
        return Arrival(self.cfg, self.client, body_max_bytes=BODY_MAX_BYTES)


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn carries no types
    """Gathers requests in its event loop, and answers them in its threads. No TLS, no HTTP/2.

    ``nr_conns``, ``worker_connections``, ``poller`` and ``alive`` are the base class's.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._watched: dict[Connection, None] = {}  # by the loop, longest first
        self._held_bytes = 0
        self._next_look_s = 0.0
        self._refused = Seldom("requests refused unread")

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what this worker cannot do."""
        if cfg.is_ssl:
            raise RuntimeError("the receiver speaks no TLS itself: put a proxy in front of it")

    def accept(self, listener: socket.socket) -> None:
        """Welcome a sender; if there are too many, the one that dawdles most has to go."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._evict()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._evict()
        self._watch(Connection(self.cfg, sock, client, listener.getsockname()), self.cfg.keepalive)

    def handle(self, conn: Connection) -> bytes | None:
        """Answer one request. Runs in a thread; returns as ``Arrival.surplus``."""
        try:
            conn.sock.settimeout(SEND_WITHIN_S)
            if self.handle_request(conn.arrival.request, conn):
                return conn.arrival.surplus()
        except (OSError, StopIteration):
            pass  # it hung up, or does not read what we answer
        except Exception as error:
            log.error("request not answered", error=type(error).__name__)
            conn.sock.sendall(_refusal(HTTPStatus.INTERNAL_SERVER_ERROR))
        return None

    def finish_request(self, conn: Connection, answered: Future[bytes | None]) -> None:
        """Wait for the next request on a connection whose request has been answered."""
        self._release(conn)
        surplus = None if answered.cancelled() or answered.exception() else answered.result()
        conn.sock.setblocking(False)
        if surplus is None:
            self._linger(conn)
            return
        conn.arrival = conn.next_arrival()
        self._watch(conn, self.cfg.keepalive)
        if surplus:
            self._take(conn, surplus)

    def murder_keepalived(self, force: bool = False) -> None:
        """Let go of those whose time is over; of all with ``force``."""
        now_s = time.monotonic()
        if not force and now_s < self._next_look_s:
            return
        self._next_look_s = now_s + 0.5
        for conn in [conn for conn in self._watched if force or conn.until_s <= now_s]:
            if conn.arrival.begun and not conn.lingers and not force:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self._drop(conn)

    def murder_pending(self) -> None:
        """Nobody waits there: see ``murder_keepalived``."""

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in self._watched:
            conn.until_s = min(conn.until_s, deadline)

    def _watch(self, conn: Connection, for_s: float) -> None:
        conn.until_s = time.monotonic() + for_s
        self._watched[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _: self._receive(conn))

    def _unwatch(self, conn: Connection) -> None:
        if conn in self._watched:
            del self._watched[conn]
            self.poller.unregister(conn.sock)

    def _receive(self, conn: Connection) -> None:
        if conn not in self._watched:  # evicted in this very turn of the loop
            return
        try:
            data = conn.sock.recv(PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._drop(conn)
            return
        if conn.lingers:
            if not data:
                self._drop(conn)
            return
        self._take(conn, data)

    def _take(self, conn: Connection, data: bytes) -> None:
        """Add ``data`` to what has arrived; nothing means that nothing more will come."""
        if not conn.arrival.begun:
            conn.until_s = time.monotonic() + REQUEST_WITHIN_S
        try:
            ready = conn.arrival.add(data) if data else conn.arrival.end()
        except (errors.NoMoreData, StopIteration):
            self._drop(conn)
            return
        except Exception as error:
            # Its text quotes the request, where a secret may be.
            self._refuse(conn, _STATUSES.get(type(error), HTTPStatus.BAD_REQUEST))
            return
        self._hold(conn, len(data))
        if conn not in self._watched:
            return
        if ready:
            conn.arrival.wants_go_ahead()
            self._unwatch(conn)
            self.enqueue_req(conn)
        elif not data:
            self._drop(conn)
        elif conn.arrival.wants_go_ahead():
            self._say(conn, GO_AHEAD)

    def _hold(self, conn: Connection, more_bytes: int) -> None:
        conn.held_bytes += more_bytes
        self._held_bytes += more_bytes
        if self._held_bytes > HELD_MOST_BYTES and self._watched:
            self._drop(max(self._watched, key=lambda one: one.held_bytes))

    def _release(self, conn: Connection) -> None:
        self._held_bytes -= conn.held_bytes
        conn.held_bytes = 0

    def _refuse(self, conn: Connection, status: HTTPStatus) -> None:
        self._refused.warn(status=int(status))
        metrics.REFUSED.labels(int(status)).inc()
        self._unwatch(conn)
        self._release(conn)
        self._say(conn, _refusal(status))
        self._linger(conn)

    def _say(self, conn: Connection, words: bytes) -> None:
        with suppress(OSError):  # a sender that reads nothing is let go in its time
            conn.sock.send(words)

    def _linger(self, conn: Connection) -> None:
        """Say that we have said everything, and wait until the sender has heard it."""
        conn.lingers = True
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        self._watch(conn, LINGER_S)

    def _evict(self) -> None:
        if self._watched:
            self._drop(next(iter(self._watched)))

    def _drop(self, conn: Connection) -> None:
        self._unwatch(conn)
        self._release(conn)
        self.nr_conns -= 1
        conn.sock.close()


def _refusal(status: HTTPStatus) -> bytes:
    error = {"status": str(int(status)), "title": status.phrase, "detail": status.phrase}
    body = json.dumps({"errors": [error]}).encode()
    head = (
        f"HTTP/1.1 {int(status)} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: application/vnd.api+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
