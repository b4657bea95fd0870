"""Clients that fetch a report by its id over one kept connection, and return its body."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
import urllib3

from tests.bench.race.peers.handshake import HEADERS, REPORTS

Fetch = Callable[[int], bytes]


def with_requests() -> Fetch:
    session = requests.Session()
    session.trust_env = False  # it would look for proxies and passwords before each request
    session.headers.update(HEADERS)

    def fetch(errand_id: int) -> bytes:
        response = session.get(f"{REPORTS}{errand_id}", timeout=30)
        response.raise_for_status()
        return response.content

    return fetch


def with_urllib3() -> Fetch:
    url = urlsplit(REPORTS)
    pool = urllib3.HTTPConnectionPool(str(url.hostname), url.port, maxsize=1, headers=HEADERS)

    def fetch(errand_id: int) -> bytes:
        response = pool.request("GET", f"{url.path}{errand_id}", timeout=30)
        if response.status != 200:
            raise RuntimeError(f"status {response.status}")
        return response.data

    return fetch


def with_sockets() -> Fetch:
    url = urlsplit(REPORTS)
    connection = socket.create_connection((str(url.hostname), url.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    headers = {"Host": url.netloc, **HEADERS}
    tail = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    end = f" HTTP/1.1\r\n{tail}\r\n".encode()
    start = f"GET {url.path}".encode()

    def fetch(errand_id: int) -> bytes:
        connection.sendall(b"%b%d%b" % (start, errand_id, end))
        answer = connection.recv(65536)
        while (head := answer.find(b"\r\n\r\n")) < 0:
            answer += connection.recv(65536)
        if answer[9:12] != b"200":
            raise RuntimeError(answer[:head].decode("latin-1"))
        at = answer.find(b"Content-Length: ") + 16
        length = head + 4 + int(answer[at : answer.find(b"\r", at)])
        while len(answer) < length:
            answer += connection.recv(65536)
        return answer[head + 4 :]

    return fetch
