"""Raw connections of hostile senders, and the answers to an honest sender meanwhile."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count

import psycopg
import requests

from tests.integration.receiver.receiver_process import SECRET, Receiver

HEAD = b"POST /callbacks/demo HTTP/1.1\r\nHost: x\r\n"
_numbers = count(1)


def callback(number: int | None = None) -> bytes:
    """A callback with an id of its own."""
    number = next(_numbers) if number is None else number
    data = {"type": "c3_callback_x", "id": str(number)}
    return json.dumps({"data": data, "meta": {"api_secret": SECRET}}).encode()


def request(body: bytes, *headers: bytes) -> bytes:
    """One complete request."""
    lines = (*headers, b"Content-Length: %d" % len(body))
    return HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


@dataclass
class ServedReceiver:
    """A running receiver, its database, and an honest sender."""

    receiver: Receiver
    database: str
    sent: int = 0
    slowest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def connect(self, *, timeout_s: float = 15.0) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.receiver.port), timeout=timeout_s)

    def answer(self, raw: bytes, *, half_close: bool = False) -> bytes:
        """Send bytes over their own connection; return the answer until it is closed."""
        with self.connect() as connection:
            return answer_on(connection, raw, half_close=half_close)

    def honest(self) -> None:
        """Send one callback over its own connection and measure its time."""
        began = time.perf_counter()
        try:
            response = requests.post(
                f"{self.receiver.url}/callbacks/demo", data=callback(), timeout=10
            )
            if response.status_code != 200:
                self.wrong.append(str(response.status_code))
        except requests.RequestException as error:
            self.wrong.append(type(error).__name__)
        self.sent += 1
        self.slowest_s = max(self.slowest_s, time.perf_counter() - began)

    @contextmanager
    def answers_honest_senders(self, *, within_s: float = 1.0) -> Iterator[None]:
        """While the block runs and after it, honest callbacks are answered 200 within a second.

        On a busy machine: within four times the duration before.
        """
        for _ in range(4):  # enough to reach both processes
            self.honest()
        within_s, self.slowest_s = max(within_s, 4 * self.slowest_s), 0.0
        over = threading.Event()

        def send_until_over() -> None:
            while not over.wait(0.05):
                self.honest()

        thread = threading.Thread(target=send_until_over)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(30)
        for _ in range(4):
            self.honest()
        assert self.wrong == []
        assert self.slowest_s < within_s

    def hostile_rows(self) -> int:
        """Return the number of callbacks in the inbox that are not from the honest sender."""
        with psycopg.connect(self.database) as conn:
            return conn.execute("SELECT count(*) FROM intake.callback").fetchall()[0][0] - self.sent


def answer_on(connection: socket.socket, raw: bytes, *, half_close: bool = False) -> bytes:
    try:
        connection.sendall(raw)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # it was refused before it was sent
    answer = b""
    try:
        while piece := connection.recv(65536):
            answer += piece
    except OSError:
        pass
    return answer


def statuses(answer: bytes) -> list[int]:
    """The statuses in a stream of answers."""
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] ([0-9]{3}) ", answer)]


@contextmanager
def connections(served: ServedReceiver, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as opened:
        yield [opened.enter_context(served.connect()) for _ in range(number)]
