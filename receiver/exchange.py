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
        self._request = conn.arrival.request
        self._began_at = datetime.now()  # noqa: DTZ005  # gunicorn logs how long ago this is
        self._line = _Line()
        self._response: Any = None  # gunicorn's, once the request is understood
        self._environ: dict[str, Any] = {}
        self._body: Iterable[bytes] = ()
        self._failure: Exception | None = None

    def begin(self) -> None:
        """Call the application, which may make the answer wait for something."""
        worker, conn = self._worker, self.conn
        try:
            worker.cfg.pre_request(worker, self._request)
            self._response, self._environ = wsgi.create(
                self._request, self._line, conn.client, conn.server, worker.cfg
            )
            self._environ["wsgi.multithread"] = True
            self._body = worker.wsgi(self._environ, self._response.start_response)
        except Exception as error:
            self._failure = error
        else:
            self.pending = self._body.pending if isinstance(self._body, LateBody) else None

    def answer(self) -> bytes | None:
        """Send the answer; returns what ``Arrival.surplus`` does, and ``None`` without it."""
        try:
            self.conn.sock.sendall(self._fetched())
            return None if self._response.should_close() else self.conn.arrival.surplus()
        except OSError:
            return None  # it hung up, or does not read what we answer
        except Exception as error:
            with suppress(OSError):
                self.conn.sock.sendall(refusal(HTTPStatus.INTERNAL_SERVER_ERROR))
            log.error("request answered with an error", error=type(error).__name__)
            return None
        finally:
            self._end()

    def _fetched(self) -> bytes:
        if self._failure:
            raise self._failure
        if not (self._worker.alive and self._worker.cfg.keepalive):
            self._response.force_close()
        for piece in self._body:
            self._response.write(piece)
        self._response.close()
        return b"".join(self._line.pieces)

    def _end(self) -> None:
        """Do what gunicorn does after an answer; a hook that fails spoils none."""
        worker = self._worker
        try:
            if self._response is not None:
                took = datetime.now() - self._began_at  # noqa: DTZ005
                worker.log.access(self._response, self._request, self._environ, took)
            if hasattr(self._body, "close"):
                self._body.close()
            worker.cfg.post_request(worker, self._request, self._environ, self._response)
        except Exception as error:
            log.error("request not ended", error=type(error).__name__)


class _Line:
    """Stands for the connection, so that an answer is sent at once and not in pieces."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def sendall(self, piece: bytes) -> None:
        self.pieces.append(piece)
