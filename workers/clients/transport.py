"""A ``requests.Session`` that gives up on time, keeps no cookies and obeys nobody's redirects.

A read timeout alone lets a server that sends one byte now and then hold a thread for ever. So
every read from the socket, of headers as of the body, is bounded by the end of the whole exchange.
Nor is a request sent too late, however long its process was frozen before it could send.
"""

from __future__ import annotations

import http.client
import io
import math
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError


@dataclass(slots=True)
class RequestDeadline:
    """One request and its answer."""

    ends_at: float  # on the clock of time.monotonic()
    send_until: float  # nothing is sent later, on the same clock
    request_sent: bool = False  # so it may have had its effect


current_deadline: ContextVar[RequestDeadline] = ContextVar("current_deadline")
_send_until: ContextVar[float] = ContextVar("send_until", default=math.inf)


@contextmanager
def send_deadline(moment_s: float) -> Iterator[None]:
    """Let no request of this thread be sent later, on the clock of ``time.monotonic()``."""
    token = _send_until.set(moment_s)
    try:
        yield
    finally:
        _send_until.reset(token)


def start_deadline(total_s: float) -> RequestDeadline:
    """Begin an exchange of this thread that is over in ``total_s`` seconds."""
    ends_at = time.monotonic() + total_s
    deadline = RequestDeadline(ends_at=ends_at, send_until=min(ends_at, _send_until.get()))
    current_deadline.set(deadline)
    return deadline


class _PunctualReader(io.RawIOBase):
    """Reads a socket, each time for no longer than the exchange still lasts."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self.ended = False
        self._patience_s = sock.gettimeout()
        self._ends_at = current_deadline.get().ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the time for the whole exchange is over")
        self._sock.settimeout(min(left_s, self._patience_s or left_s))
        count = self._raw.readinto(buffer)
        self.ended = count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _PunctualResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reader = _PunctualReader(sock, self.fp.detach())
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        if self._reader.ended:  # taken for the end of the headers, so for an empty answer
            raise http.client.IncompleteRead(b"")


class _Connection(HTTPConnection):
    response_class = _PunctualResponse

    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError:  # of TLS or of a proxy; urllib3 would make a read timeout of it
            raise ConnectTimeoutError(self, "connecting took too long") from None

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if time.monotonic() >= current_deadline.get().send_until:
            raise TimeoutError("too late to send")
        super().send(data)

    def getresponse(self) -> Any:
        current_deadline.get().request_sent = True
        return super().getresponse()


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _Pool, "https": _TlsPool}


class _PunctualAdapter(HTTPAdapter):
    poolmanager: PoolManager

    def __init__(self, *, unheard_s: float) -> None:
        self._socket_options = _giving_up_after(unheard_s)
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, socket_options=self._socket_options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(
            proxy, **kwargs, socket_options=self._socket_options
        )
        manager.pool_classes_by_scheme = _POOLS
        return manager


def _giving_up_after(unheard_s: float) -> list[tuple[int, int, int]]:
    """Return socket options: what the other side does not acknowledge is sent again only so long.

    Else the kernel repeats it for minutes, also for a process that has died.
    """
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if sys.platform == "linux":
        options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(unheard_s * 1000)))
    return options


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """How this machine reaches a host: its proxies, and the authorities it trusts."""

    proxies: dict[str, str]
    verify: bool | str  # True, or the path of a CA bundle

    @classmethod
    def of(cls, url: str) -> NetworkSettings:
        """Read ``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and their kin, once.

        Left to itself ``requests`` reads them, and ``.netrc``, for each request, for a third of
        its time.
        """
        with requests.Session() as session:
            found = session.merge_environment_settings(url, {}, None, None, None)
        return cls(proxies=dict(found["proxies"]), verify=found["verify"] or True)


def new_session(surroundings: NetworkSettings, *, unheard_s: float) -> requests.Session:
    """Return a session for one thread, which speaks with one host, one request at a time.

    What the host does not acknowledge in ``unheard_s`` seconds is not sent again.
    """
    session = requests.Session()
    session.trust_env = False
    session.proxies.update(surroundings.proxies)
    session.verify = surroundings.verify
    session.headers.clear()
    session.headers.update({"User-Agent": "cention-bridge", "Accept-Encoding": "gzip"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _PunctualAdapter(unheard_s=unheard_s))
    return session
