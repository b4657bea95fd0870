"""A network between the receiver and Postgres whose connections can be frozen."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

FROZEN_S = 20  # longer than the receiver waits for Postgres


class Network:
    """Forwards TCP connections to a Unix socket; the connections that exist can be frozen."""

    def __init__(self, socket_path: Path) -> None:
        self._socket_path = socket_path
        self._frozen = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Forward no byte of the present connections; close them once a test must have failed."""
        self._frozen.set()
        self._frozen = threading.Event()
        limit = threading.Timer(FROZEN_S, self._end, [tuple(self._sockets)])
        limit.daemon = True
        limit.start()

    def cut(self) -> None:
        """Close the present connections."""
        self._end(tuple(self._sockets))

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._end(tuple(self._sockets))

    def _end(self, sockets: tuple[socket.socket, ...]) -> None:
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                upstream = socket.socket(socket.AF_UNIX)
                upstream.connect(str(self._socket_path))
                self._sockets += [client, upstream]
                for pair in ((client, upstream), (upstream, client)):
                    threading.Thread(
                        target=self._forward, args=(*pair, self._frozen), daemon=True
                    ).start()

    def _forward(
        self, source: socket.socket, target: socket.socket, frozen: threading.Event
    ) -> None:
        with suppress(OSError):
            while (sent := source.recv(65536)) and not frozen.is_set():
                target.sendall(sent)
            if not frozen.is_set():
                target.shutdown(socket.SHUT_RDWR)
