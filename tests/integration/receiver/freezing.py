"""A network between the receiver and Postgres that can fall silent without a word."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

FROZEN_S = 20  # longer than anything may wait


class Network:
    """Carries TCP connections to a Unix socket; those of today can be frozen."""

    def __init__(self, behind: Path) -> None:
        self._behind = behind
        self._frozen = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Let no byte through, but for connections made from now on, until the test has failed."""
        self._frozen.set()
        self._frozen = threading.Event()
        limit = threading.Timer(FROZEN_S, self._end, [tuple(self._lines)])
        limit.daemon = True
        limit.start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._end(tuple(self._lines))

    def _end(self, lines: tuple[socket.socket, ...]) -> None:
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._behind))
                self._lines += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(
                        target=self._carry, args=(*pair, self._frozen), daemon=True
                    ).start()

    def _carry(self, source: socket.socket, goal: socket.socket, frozen: threading.Event) -> None:
        with suppress(OSError):
            while (sent := source.recv(65536)) and not frozen.is_set():
                goal.sendall(sent)
            if not frozen.is_set():
                goal.shutdown(socket.SHUT_RDWR)
