"""A ``requests.Session`` with a deadline for each request, without cookies and redirects.

A read timeout alone lets a server that sends one byte now and then hold a thread for ever, within
the status line or a chunk size too. So every read from the socket ends at the deadline of the
request; a check between chunks of the body would come too late. Nor is a request sent after its
deadline, however long the process was suspended before it could send.
"""

from __future__ import annotations

import http.client
import io
import logging
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
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError

from workers.config.connection_errors import UnsupportedProxy
from workers.config.secure_urls import is_loopback

# Its warnings and debug lines have whole URLs, and in a URL may stand credentials.
logging.getLogger("urllib3").setLevel(logging.ERROR)


DEFAULT_HEADERS = {"User-Agent": "cention-bridge", "Accept-Encoding": "gzip"}


@dataclass(slots=True)
class RequestDeadline:
    """The time limits of one request and its response, on the clock of ``time.monotonic()``."""

    ends_at: float
    send_until: float  # nothing is sent later
    request_sent: bool = False  # so it may have had its effect


current_deadline: ContextVar[RequestDeadline] = ContextVar("current_deadline")
_send_until: ContextVar[float] = ContextVar("send_until", default=math.inf)


@contextmanager
def send_deadline(moment_s: float) -> Iterator[None]:
    """Send no request of this thread or task later, on the clock of ``time.monotonic()``."""
    token = _send_until.set(moment_s)
    try:
        yield
    finally:
        _send_until.reset(token)


def start_deadline(total_s: float) -> RequestDeadline:
    """Start a request of this thread or task that must be complete in ``total_s`` seconds."""
    ends_at = time.monotonic() + total_s
    deadline = RequestDeadline(ends_at=ends_at, send_until=min(ends_at, _send_until.get()))
    current_deadline.set(deadline)
    return deadline


class _DeadlineReader(io.RawIOBase):
    """Reads a socket, each time at most until the deadline."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self.ended = False
        self._read_timeout_s = sock.gettimeout()
        self._ends_at = current_deadline.get().ends_at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the time for the whole request is over")
        self._sock.settimeout(min(left_s, self._read_timeout_s or left_s))
        count = self._raw.readinto(buffer)
        self.ended = count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reader = _DeadlineReader(sock, self.fp.detach())
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        if self._reader.ended:  # http.client takes it for the end of the headers
            raise http.client.IncompleteRead(b"")


class _Connection(HTTPConnection):
    response_class = _DeadlineResponse

    def connect(self) -> None:
        try:
            super().connect()
        except TimeoutError:  # of TLS or a proxy; urllib3 would raise a read timeout
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


class _DeadlineAdapter(HTTPAdapter):
    poolmanager: PoolManager

    def __init__(self, *, user_timeout_s: float) -> None:
        self._socket_options = socket_options(user_timeout_s)
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


def socket_options(user_timeout_s: float) -> list[tuple[int, int, int]]:
    """Return socket options that limit how long the kernel repeats unacknowledged data.

    By default it does so for minutes, even for a process that has died.
    """
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if sys.platform == "linux":
        options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(user_timeout_s * 1000)))
    return options


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """The proxy and certificate authorities for a host."""

    proxy: str | None  # its URL, of whatever kind
    verify: bool | str  # True, or the path of a CA bundle

    @classmethod
    def of(cls, url: str) -> NetworkSettings:
        """Read ``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and the like, once.

        By default ``requests`` reads them, and ``.netrc``, for each request, which takes a third
        of its time. This machine itself is never reached through a proxy.
        """
        with requests.Session() as session:
            found = session.merge_environment_settings(url, {}, None, None, None)
        is_local = is_loopback(urlsplit(url).hostname or "")
        proxy = None if is_local else select_proxy(url, found["proxies"])
        if proxy and "://" not in proxy:
            proxy = f"http://{proxy}"
        return cls(proxy=proxy or None, verify=found["verify"] or True)

    def require_http_proxy(self) -> None:
        """Raise ``UnsupportedProxy`` if the proxy is one that is not spoken to in HTTP."""
        if self.proxy is not None and urlsplit(self.proxy).scheme.lower() not in ("http", "https"):
            raise UnsupportedProxy


def new_session(network: NetworkSettings, *, user_timeout_s: float) -> requests.Session:
    """Return a session for one thread and one host, for one request at a time.

    Data that the host does not acknowledge in ``user_timeout_s`` seconds breaks the connection.
    """
    session = requests.Session()
    session.trust_env = False
    if network.proxy is not None:
        session.proxies.update(http=network.proxy, https=network.proxy)
    session.verify = network.verify
    session.headers.clear()
    session.headers.update(DEFAULT_HEADERS)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _DeadlineAdapter(user_timeout_s=user_timeout_s))
    return session
