"""GET requests of a drain, many at once on one event loop, with every guard of ``HttpApi``.

``requests`` needs a thread for each request under way, and several times the CPU time.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp.connector import Connection
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util import create_urllib3_context
from urllib3.util.wait import wait_for_read
from yarl import URL

from workers.clients import errors
from workers.clients.error_responses import error_for
from workers.clients.fetch_loop import FetchLoop
from workers.clients.http import (
    MAX_BODY_BYTES,
    MAX_ERROR_BYTES,
    Answer,
    Timeouts,
    announced_length,
    too_large,
    transport_error,
)
from workers.clients.transport import (
    DEFAULT_HEADERS,
    NetworkSettings,
    RequestDeadline,
    current_deadline,
    socket_options,
    start_deadline,
)
from workers.config.limits import TCP_USER_TIMEOUT_S

KEEP_ALIVE_S = 60.0  # of an idle connection; longer than between two polls
MAX_LINE_BYTES = 64 * 1024  # of a status line or a header, and so many headers, as http.client
MAX_HEADERS = 100

_ERRORS = (aiohttp.ClientError, OSError, ValueError, RuntimeError)
"""Whatever ``aiohttp`` and the loop below it may raise for a request.

``RuntimeError`` if a connection was closed for what it brought between two reads of a body.
"""


class AsyncHttpApi:
    """A base URL with timeouts, and its pool of connections on the loop; used on the loop only.

    Like ``HttpApi``, it never repeats a request and never sleeps. ``name`` is the API's name in
    errors. The loop closes the connections when it is closed.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        timeouts: Timeouts,
        loop: FetchLoop,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self.name = name
        self._base_url = base_url.rstrip("/")
        self._timeouts = timeouts
        self._max_body_bytes = max_body_bytes
        self._network = NetworkSettings.of(self._base_url)
        self._session: aiohttp.ClientSession | None = None
        loop.on_close(self._close)

    def __repr__(self) -> str:
        return f"AsyncHttpApi({self.name!r})"

    async def get(self, path: str, *, headers: Mapping[str, str]) -> Answer:
        """Send one request and return its complete 2xx response. Raises ``ApiError``.

        What ``Authorization`` carries is removed from the texts of errors.
        """
        deadline = start_deadline(self._timeouts.total_s)
        try:
            response = await self._send(URL(f"{self._base_url}/{path}"), headers, deadline)
            try:
                if not 200 <= response.status < 300:
                    raise await self._error(response, headers)
                body = await self._body(response, self._max_body_bytes)
            finally:
                response.close()  # also the connection, unless the body was read to its end
        except _ERRORS as error:
            # "from None": the text of the error holds the URL, and perhaps a header.
            raise transport_error(
                error, api=self.name, request_sent=deadline.request_sent
            ) from None
        return Answer(status=response.status, body=body)

    async def _send(
        self, url: URL, headers: Mapping[str, str], deadline: RequestDeadline
    ) -> aiohttp.ClientResponse:
        if url.scheme not in ("http", "https"):
            raise ValueError("no URL of HTTP")
        if self._session is None:
            self._network.require_http_proxy()
            self._session = self._open()
        while True:
            timeout = aiohttp.ClientTimeout(
                # 0 would be no timeout.
                total=max(deadline.ends_at - time.monotonic(), 0.001),
                sock_connect=self._timeouts.connect_s,
                sock_read=self._timeouts.read_s,
                ceil_threshold=math.inf,  # exact, and not rounded up to whole seconds
            )
            try:
                return await self._session.get(
                    url, headers=headers, timeout=timeout, allow_redirects=False
                )
            except _ConnectionEnded:  # while it was idle; each time the pool has one less
                continue

    async def _body(self, response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
        """Return the decompressed body; reading stops as soon as it has over ``max_bytes``."""
        if announced_length(response.headers) > max_bytes:
            raise too_large(max_bytes, api=self.name, status=response.status)
        chunks, received = [], 0
        with _ending_with_connection(response):
            while chunk := await response.content.readany():
                received += len(chunk)
                if received > max_bytes:
                    raise too_large(max_bytes, api=self.name, status=response.status)
                chunks.append(chunk)
        return b"".join(chunks)

    async def _error(
        self, response: aiohttp.ClientResponse, headers: Mapping[str, str]
    ) -> errors.ApiError:
        try:
            body = await self._body(response, MAX_ERROR_BYTES)
        except (errors.ApiError, *_ERRORS):
            body = b""  # the status says enough
        return error_for(
            response.status,
            retry_after=response.headers.get("Retry-After"),
            body=body,
            media_type=response.headers.get("Content-Type", ""),
            api=self.name,
            secrets=tuple(headers.get("Authorization", "").split()[-1:]),
            now=datetime.now(UTC),
        )

    def _open(self) -> aiohttp.ClientSession:
        """Return a session that takes nothing from the environment and keeps no cookie."""
        user_timeout_s = min(TCP_USER_TIMEOUT_S, self._timeouts.total_s)

        def open_socket(address: tuple[Any, ...]) -> socket.socket:
            family, kind, protocol, *_ = address
            opened = socket.socket(family, kind, protocol)
            for option in socket_options(user_timeout_s):
                opened.setsockopt(*option)
            return opened

        verified: dict[str, Any] = {}
        if self._base_url.startswith("https:"):
            verified["ssl"] = create_urllib3_context()
            verified["ssl"].load_verify_locations(**_authorities(self._network.verify))
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # the drain limits how many are under way
                keepalive_timeout=KEEP_ALIVE_S,
                socket_factory=open_socket,
                **verified,
            ),
            headers=DEFAULT_HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=self._network.proxy,
            request_class=_Request,
            max_line_size=MAX_LINE_BYTES,
            max_field_size=MAX_LINE_BYTES,
            max_headers=MAX_HEADERS,
        )

    async def _close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _authorities(verify: bool | str) -> dict[str, str]:
    """Return where the trusted authorities are: those of ``requests``, or of the settings."""
    path = Path(DEFAULT_CA_BUNDLE_PATH if verify is True else str(verify))
    if not path.exists():
        raise OSError("certificate file: invalid path")
    return {"capath" if path.is_dir() else "cafile": str(path)}


class _ConnectionEnded(aiohttp.ClientError):
    """The server has ended an idle connection, so nothing was sent."""


class _Repeated(aiohttp.ClientError):
    """Sending the request once more was refused."""


@contextmanager
def _ending_with_connection(response: aiohttp.ClientResponse) -> Iterator[None]:
    """Fail whoever reads the body in this block once the connection has ended before the body.

    By itself, ``aiohttp`` closes the connection if the size of a later chunk is no number, and lets
    the reader wait for the timeout.
    """
    content, connection = response.content, response.connection
    if connection is None or connection.protocol is None:  # the whole body has arrived
        yield
        return

    def fail(_: object = None) -> None:
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("the connection has ended"))

    closed = connection.protocol.closed
    if closed is None:
        fail()
        yield
        return
    closed.add_done_callback(fail)
    try:
        yield
    finally:
        closed.remove_done_callback(fail)


def _has_ended(connection: Connection) -> bool:
    """Return whether an idle connection has brought something: its end, or what nobody asked for.

    The loop may have read it, then the protocol wants to close, or have had no time yet.
    """
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or protocol.should_close:
        return True
    return wait_for_read(transport.get_extra_info("socket"), 0)


_used: WeakSet[Any] = WeakSet()  # connections that have carried a request


class _Request(aiohttp.ClientRequest):
    """A request that is sent once, before its deadline, over a connection that still stands.

    By itself, ``aiohttp`` repeats a GET if a connection that was kept breaks: the first may then
    take effect after the second was answered.
    """

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        deadline = current_deadline.get()
        if deadline.request_sent:
            raise _Repeated
        if conn.protocol in _used and _has_ended(conn):
            raise _ConnectionEnded
        if time.monotonic() >= deadline.send_until:
            raise TimeoutError("too late to send")
        _used.add(conn.protocol)
        deadline.request_sent = True
        return await super().send(conn)
