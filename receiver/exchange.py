"""One request and its answer, between gunicorn's parts and the web application."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from gunicorn.http import wsgi
from gunicorn.workers.base import Worker

from receiver.arrivals import Arrival
from receiver.callbacks import BODY_MAX_BYTES
from receiver.late import LateBody, Pending
from receiver.refusals import refusal

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


class Exchange:
    """Has the application answer one request, and then fetches and sends the answer.

    What gunicorn's own workers do at once, its hooks and log of accesses included, is done here in
    two steps, perhaps by two threads.
    """

    def __init__(self, worker: Worker, conn: Connection) -> None:
        self.conn = conn
        self.pending: Pending | None = None  # what the answer waits for
        self._worker = worker
        self._began_at = datetime.now()  # noqa: DTZ005  # gunicorn logs how long ago this is
        self._line = _Line()
        self._body: Iterable[bytes] = ()
        self._failure: Exception | None = None

    def begin(self) -> None:
        """Call the application, which may make the answer wait for something."""
        worker, request = self._worker, self.conn.arrival.request
        try:
            worker.cfg.pre_request(worker, request)
            self._response, self._environ = wsgi.create(
                request, self._line, self.conn.client, self.conn.server, worker.cfg
            )
            self._environ["wsgi.multithread"] = True
            self._body = worker.wsgi(self._environ, self._response.start_response)
        except Exception as error:
            self._failure = error
        else:
            self.pending = self._body.pending if isinstance(self._body, LateBody) else None

    def answer(self, *, keep_alive: bool) -> bytes | None:
        """Send the answer; returns what ``Arrival.surplus`` does, and ``None`` without it."""
        try:
            if self._failure:
                raise self._failure
            self.conn.sock.sendall(self._answer(keep_alive=keep_alive))
            return None if self._response.should_close() else self.conn.arrival.surplus()
        except OSError:
            pass  # it hung up, or does not read what we answer
        except Exception as error:
            log.error("request not answered", error=type(error).__name__)
            with suppress(OSError):
                self.conn.sock.sendall(refusal(HTTPStatus.INTERNAL_SERVER_ERROR))
        return None

    def _answer(self, *, keep_alive: bool) -> bytes:
        response, worker, request = self._response, self._worker, self.conn.arrival.request
        if not keep_alive:
            response.force_close()
        try:
            for piece in self._body:
                response.write(piece)
            response.close()
        finally:
            took = datetime.now() - self._began_at  # noqa: DTZ005
            worker.log.access(response, request, self._environ, took)
            if hasattr(self._body, "close"):
                self._body.close()
            worker.cfg.post_request(worker, request, self._environ, response)
        return b"".join(self._line.pieces)


class _Line:
    """Stands for the connection, so that an answer is sent at once and not in pieces."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def sendall(self, piece: bytes) -> None:
        self.pieces.append(piece)
