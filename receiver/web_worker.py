"""Gunicorn's threads, each given to a request only when the whole of it has arrived.

Gunicorn's own threaded worker reads requests in its threads: sixteen senders that dawdle, or stay
silent, hold sixteen threads, and nobody else is heard; and it waits in its one event loop for
each sender it refused to hang up. Here that loop does the waiting, for thousands at once, as a
buffering proxy would do. It also waits for the commits that answers depend on.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections import deque
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from math import inf
from typing import Any

from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

from receiver import metrics
from receiver.exchange import Connection, Exchange
from receiver.late import Pending
from receiver.refusals import refusal, status_of
from workers.config.logs import Seldom

REQUEST_WITHIN_S = 20.0  # from its first byte to its last
LINGER_S = 2.0  # for a sender to read our last word before its connection is reset
SEND_WITHIN_S = 1.0  # an answer is small: only who reads nothing at all can delay it
HELD_MOST_BYTES = 64 * 1024 * 1024  # of requests not answered yet; read, they take far more
PIECE_BYTES = 64 * 1024
GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn carries no types
    """Gathers requests in its event loop, and works on them in its threads. No TLS, no HTTP/2.

    ``nr_conns``, ``worker_connections``, ``poller`` and ``alive`` are the base class's.
    """

    alive: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._watched: dict[Connection, None] = {}  # by the loop, longest first
        self._held_bytes = 0
        self._late: deque[tuple[Exchange, Pending]] = deque()  # whose answers wait, in order
        self._next_look_s = 0.0
        # Threads outlive the loop: what they tell it then must not go into another file.
        self.method_queue.close = lambda: None
        self._have_a_look = partial(self.method_queue.defer, self._look_after_late)
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
        os.sched_yield()  # on a busy machine one process might take all who come together
        if self.nr_conns >= self.worker_connections:
            self._evict()
        self._watch(Connection(self.cfg, sock, client, listener.getsockname()), self.cfg.keepalive)

    def enqueue_req(self, conn: Connection) -> None:
        """Have a thread work on a request that has arrived."""
        self.nr += 1
        if self.alive and self.nr >= self.max_requests:
            self.log.info("Autorestarting worker after %d requests.", self.nr)
            self.alive = False
        self.tpool.submit(self._begin, Exchange(self, conn))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """See to what happens within ``timeout`` seconds, and to answers that are overdue."""
        super().wait_for_and_dispatch_events(max(0.0, min(timeout, self._overdue_in_s())))
        if self._overdue_in_s() <= 0:
            self._look_after_late()

    def _begin(self, exchange: Exchange) -> None:
        """Call the application. Its answer is sent, or waits for what it depends on."""
        exchange.begin()
        pending = exchange.pending
        if pending is None or not self.alive or pending.until_s <= time.monotonic():
            self._finish(exchange)
            return
        self._late.append((exchange, pending))
        pending.tell(self._have_a_look)

    def _finish(self, exchange: Exchange) -> None:
        """Wait for what the answer depends on, however long that takes, and answer."""
        exchange.conn.sock.settimeout(SEND_WITHIN_S)
        self.method_queue.defer(self._end, exchange.conn, exchange.answer())

    def _look_after_late(self) -> None:
        """Send the answers that can be sent; leave to threads what may take its time."""
        now_s = time.monotonic()
        waiting = []
        for exchange, pending in [self._late.popleft() for _ in range(len(self._late))]:
            if pending.done and not self.log.access_log_enabled:  # that may be slow
                self._end(exchange.conn, exchange.answer())
            elif pending.done or pending.until_s <= now_s:
                self.tpool.submit(self._finish, exchange)
            else:
                waiting.append((exchange, pending))
        self._late.extendleft(reversed(waiting))

    def _overdue_in_s(self) -> float:
        return self._late[0][1].until_s - time.monotonic() if self._late else inf

    def _end(self, conn: Connection, surplus: bytes | None) -> None:
        """Wait for the next request on a connection whose request has been answered."""
        self._release(conn)
        conn.sock.setblocking(False)
        if surplus is None:
            self._linger(conn)
            return
        conn.arrival = conn.next_arrival()
        self._watch(conn, self.cfg.keepalive)
        if surplus:
            self._take(conn, surplus)

    def murder_keepalived(self, force: bool = False) -> None:
        """Let go of those whose time is over; of all with ``force``, when the loop ends."""
        while force and self._late:
            self.tpool.submit(self._finish, self._late.popleft()[0])
        now_s = time.monotonic()
        if not force and now_s < self._next_look_s:
            return
        self._next_look_s = now_s + 0.5
        for conn in [conn for conn in self._watched if force or conn.until_s <= now_s]:
            if conn.arrival.begun and not conn.lingers and not force:
                self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
            else:
                self._drop(conn)

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
            self._refuse(conn, status_of(error))
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
        self._say(conn, refusal(status))
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
