"""Gunicorn's asgi worker for the receiver: accepts connections, keeps their limits, and stops.

It uses the public parts of gunicorn alone: its worker class, and in ``connection_limits`` its
protocol.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import socket
import time
from collections.abc import Coroutine
from math import inf
from typing import Any

from gunicorn.util import parse_address
from gunicorn.workers.gasgi import ASGIWorker

from receiver.asgi import AsgiAdapter
from receiver.callback_size import CallbackLimit
from receiver.connection_limits import LINGER_S, REQUEST_WITHIN_S, Connection, Phase
from receiver.plain_requests import HEAD_LIMITS
from workers.config.logs import RateLimitedWarning
from workers.config.settings import load_settings

HELD_MAX_BYTES = 64 * 1024 * 1024  # of requests not answered yet; parsed, they take far more
DRAIN_S = 1.0  # for an idle connection to be used once more before a process stops
TICK_S = 0.1  # between two checks of all deadlines
NEVER_S = 10**9
GARBAGE_THRESHOLD = 10_000  # new objects between two collections: a callback has some hundred


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn carries no types
    """Gunicorn's asgi worker around a WSGI application. No TLS, no HTTP/2, no WebSockets.

    ``alive``, ``asgi``, ``cfg``, ``loop``, ``ppid`` and ``sockets`` are the base class's.
    """

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what this worker cannot do."""
        if cfg.is_ssl:
            raise RuntimeError("The receiver does not speak TLS: put a proxy in front of it.")
        if cfg.protocol != "http" or cfg.http_protocols != ["h1"]:
            raise RuntimeError("The receiver speaks HTTP/1.1 only.")
        if cfg.keepalive < 1 or cfg.timeout <= REQUEST_WITHIN_S:
            raise RuntimeError(
                f"Set keepalive to at least 1 s, and timeout to more than {REQUEST_WITHIN_S:.0f} s."
            )

    def load_wsgi(self) -> None:
        """Load the application, and create what all connections share."""
        super().load_wsgi()
        self.application = AsgiAdapter(self.asgi)
        self.connections: dict[Connection, None] = {}  # the one that is idle longest comes first
        self.joining: set[asyncio.Task[Any]] = set()
        self.answering: set[asyncio.Task[None]] = set()  # plain requests
        self.held_bytes = 0
        self.head_limits = {name: getattr(self.cfg, name) for name in HEAD_LIMITS}
        self.callback_limit = CallbackLimit(load_settings().callback_max_bytes)
        self.held_max_bytes = max(HELD_MAX_BYTES, 2 * self.callback_limit.arriving_max_bytes)
        self.refused = RateLimitedWarning("requests refused before the application read them")
        self.not_accepted = RateLimitedWarning("connections not accepted")
        bind = os.environ.get("METRICS_BIND", "")
        self.metrics_address = parse_address(bind) if bind else None
        self.limits_s = {
            Phase.IDLE: self.cfg.keepalive,
            Phase.READING: REQUEST_WITHIN_S,
            Phase.ANSWERING: inf,
            Phase.CLOSING: LINGER_S,
        }
        self.drain_s = DRAIN_S
        self.stop_asked = False
        # Gunicorn's own timer does not see that a request has begun: it must not come first.
        self.cfg.set("keepalive", NEVER_S)

    @property
    def is_stopping(self) -> bool:
        """Whether each answer from now on announces that its connection is closed then."""
        return self.stop_asked or not self.alive

    @property
    def answers_plain(self) -> bool:
        """Whether plain requests are answered without gunicorn's protocol.

        They are not where it has more to do: an entry in the access log, or the last request.
        """
        is_last = self.is_stopping or self.nr + 1 >= self.max_requests
        return not is_last and not self.log.access_log_enabled

    def answer_plain(self, answer: Coroutine[Any, Any, None]) -> None:
        """Run ``answer``, which answers a plain request, in a task."""
        self.nr += 1
        task = self.loop.create_task(answer)
        self.answering.add(task)
        task.add_done_callback(self.answering.discard)

    def handle_exit_signal(self) -> None:
        """Stop once the senders have been told.

        ``alive`` stays true: gunicorn's protocol would close a connection whose answer was sent
        just before, and which so has not been told.
        """
        self.stop_asked = True

    def handle_quit_signal(self) -> None:
        """Stop without waiting for idle connections."""
        super().handle_quit_signal()
        self.drain_s = 0.0

    def run(self) -> None:
        """Serve until gunicorn asks to stop, then finish what is being answered."""
        gc.freeze()  # what the application consists of is never garbage
        gc.set_threshold(GARBAGE_THRESHOLD)
        self.loop.run_until_complete(self.serve())
        self.application.close()

    async def serve(self) -> None:
        """Accept connections until gunicorn asks to stop, and enforce their deadlines."""
        for listener in self.sockets:
            for_metrics = self.metrics_address in (listener.cfg_addr, listener.getsockname()[:2])
            self.loop.add_reader(listener.sock, self.accept, listener.sock, for_metrics)
        while not self.is_stopping and self.ppid == os.getppid():
            await self.tick()
        self.stop_asked = True
        for listener in self.sockets:
            self.loop.remove_reader(listener.sock)
        await self.close_connections()

    async def close_connections(self) -> None:
        """Answer the current or next request of each connection with "close", then close it.

        An idle connection has ``DRAIN_S`` for its next request. What is being answered then is
        finished, unless gunicorn's ``graceful_timeout`` ends first.
        """
        ends_at = time.monotonic() + self.drain_s
        while (self.connections or self.joining) and time.monotonic() < ends_at:
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

    def accept(self, listener: socket.socket, for_metrics: bool) -> None:
        """Accept one connection, then let other processes run.

        Connections that arrive together are so spread over all processes. A server of the loop's
        own accepts them all at once, and the other processes stay idle.
        """
        try:
            accepted, _ = listener.accept()
        except BlockingIOError:  # another process was quicker
            return
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.evict_idle()
            self.not_accepted.warn(errno=error.errno)
            return
        accepted.setblocking(False)
        os.sched_yield()
        joining = self.loop.create_task(
            self.loop.connect_accepted_socket(
                lambda: Connection(self, at_metrics_bind=for_metrics), accepted
            )
        )
        self.joining.add(joining)
        joining.add_done_callback(self.joining.discard)

    def evict_idle(self) -> None:
        """Close the connection that is needed least: none that is being answered."""
        order = (Phase.CLOSING, Phase.IDLE, Phase.READING)
        waiting = [each for each in self.connections if not each.is_busy()]
        if waiting:
            min(waiting, key=lambda each: order.index(each.phase)).abort()

    def hold(self, more_bytes: int) -> None:
        """Count bytes of requests; close the connection that holds most, if they are too many."""
        self.held_bytes += more_bytes
        if more_bytes > 0 and self.held_bytes > self.held_max_bytes:
            holding = [each for each in self.connections if each.held_bytes and not each.is_busy()]
            if holding:
                max(holding, key=lambda each: each.held_bytes).abort()
