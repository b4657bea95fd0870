"""A ``requests.Session`` that gives up on time, keeps no cookies and obeys nobody's redirects.

A read timeout alone lets a server that sends one byte now and then hold a thread for ever. So
every read from the socket, of headers as of the body, is bounded by the end of the whole exchange.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
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
class Exchange:
    """One request and its answer."""

    ends_at: float  # on the clock of time.monotonic()
    asked: bool = False  # the request has gone out, so it may have had its effect


current_exchange: ContextVar[Exchange] = ContextVar("current_exchange")


class _PunctualReader(io.RawIOBase):
    """Reads a socket, each time for no longer than the exchange still lasts."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self.ended = False
        self._patience_s = sock.gettimeout()
        self._ends_at = current_exchange.get().ends_at

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

    def getresponse(self) -> Any:
        current_exchange.get().asked = True
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

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """How this machine reaches a host: its proxies, and the authorities it trusts."""

    proxies: dict[str, str]
    verify: bool | str  # True, or the path of a CA bundle

    @classmethod
    def of(cls, url: str) -> Surroundings:
        """Read ``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and their kin, once.

        Left to itself ``requests`` reads them, and ``.netrc``, for each request, for a third of
        its time.
        """
        with requests.Session() as session:
            found = session.merge_environment_settings(url, {}, None, None, None)
        return cls(proxies=dict(found["proxies"]), verify=found["verify"] or True)


def new_session(surroundings: Surroundings) -> requests.Session:
    """Return a session for one thread, which speaks with one host, one request at a time."""
    session = requests.Session()
    session.trust_env = False
    session.proxies.update(surroundings.proxies)
    session.verify = surroundings.verify
    session.headers.clear()
    session.headers.update({"User-Agent": "cention-bridge", "Accept-Encoding": "gzip"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _PunctualAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
    return session
