"""Gunicorn's worker with threads, and a deadline for each request, which it does not have.

Whoever sends half a request, or does not read the answer, would keep a thread for ever.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEAD_WITHIN_S = 10.0
FORM_WITHIN_S = 20.0  # with its answer
ANSWER_WITHIN_S = 120.0  # a file may be large


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn carries no types
    """Ends connections whose request or answer takes too long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deadlines: dict[Any, float] = {}  # of the connections that have a thread

    def handle(self, conn: Any) -> Any:
        """Read and answer a request, in a thread."""
        self.deadlines[conn] = time.monotonic() + HEAD_WITHIN_S
        try:
            return super().handle(conn)
        finally:
            del self.deadlines[conn]

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request whose head is read, in a thread."""
        within_s = FORM_WITHIN_S if req.method == "POST" else ANSWER_WITHIN_S
        self.deadlines[conn] = time.monotonic() + within_s
        return super().handle_request(req, conn)

    def notify(self) -> None:
        """Show gunicorn that the worker runs, each second, and end what takes too long."""
        super().notify()
        now = time.monotonic()
        for conn, ends_at in list(self.deadlines.items()):
            if ends_at <= now:
                with suppress(OSError):  # it has ended
                    conn.sock.shutdown(socket.SHUT_RDWR)
