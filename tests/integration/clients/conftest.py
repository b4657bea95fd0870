"""A server on plain sockets that can violate HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.support.certificates import own_authority


class CloseConnection(Exception):
    """Raised by a reply to close the connection at once."""


@dataclass
class Server:
    """Answers each request with ``reply``; ``heads`` has the requests by connection."""

    reply: Callable[[socket.socket], None]
    listener: socket.socket
    on_connect: bool = False  # not after a request, but at once
    stopped: threading.Event = field(default_factory=threading.Event)
    heads: list[list[bytes]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/s/demo"

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self.listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self.serve_connection, args=(connection,))
            thread.start()
            self.threads.append(thread)

    def serve_connection(self, connection: socket.socket) -> None:
        heads: list[bytes] = []
        self.heads.append(heads)
        connection.settimeout(5)
        if self.on_connect:
            with suppress(CloseConnection, OSError):
                self.reply(connection)
            return
        with connection, connection.makefile("rb") as reader:
            try:
                while head := read_head(reader):
                    heads.append(head)
                    self.reply(connection)
            except (CloseConnection, OSError):
                return

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def read_head(reader: BinaryIO) -> bytes:
    """Return the next request up to its blank line; empty if there is none."""
    lines = []
    for line in reader:
        if line == b"\r\n":
            return b"".join(lines)
        lines.append(line)
    return b""


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start a server on the loopback interface; it stops at the end of the test."""
    servers: list[Server] = []

    def start(reply: Callable[[socket.socket], None], *, on_connect: bool = False) -> Server:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0.02)
        server = Server(reply=reply, listener=listener, on_connect=on_connect)
        servers.append(server)
        thread = threading.Thread(target=server.run)
        thread.start()
        server.threads.append(thread)
        return server

    yield start
    for server in servers:
        server.stopped.set()
    for server in servers:
        server.threads[0].join()
        server.stop()
        server.listener.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of its own for mail.example, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    made = own_authority(folder, "mail.example", name="mail")
    path = folder / "mail.pem"
    path.write_text(made.key.read_text() + made.certificate.read_text())
    return path
