"""The HTTP caller of all clients in this package."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from ssl import CertificateError
from typing import Any, Protocol

import requests
from requests import exceptions
from urllib3.exceptions import DecodeError, HTTPError
from urllib3.exceptions import ReadTimeoutError as Urllib3ReadTimeout

from schemas.strict_json import TOO_DEEP, TooDeep
from workers.clients import errors
from workers.clients.error_responses import error_for
from workers.clients.json_bodies import ErrorTexts, error_texts, read_json
from workers.clients.transport import NetworkSettings, RequestDeadline, new_session, start_deadline
from workers.config import connection_errors
from workers.config.limits import TCP_USER_TIMEOUT_S

MAX_BODY_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
MAX_ERROR_BYTES = 16 * 1024

TRANSPORT_ERRORS = (OSError, HTTPError, HTTPException, ValueError)
"""Whatever ``requests`` (whose errors are ``OSError``) and the libraries below it may raise."""

_RESPONSE_ERRORS = (
    exceptions.ReadTimeout,
    exceptions.ChunkedEncodingError,
    exceptions.ContentDecodingError,
    Urllib3ReadTimeout,
    DecodeError,
    HTTPException,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Timeouts, in seconds."""

    connect_s: float  # for each address of the host
    read_s: float  # for the next byte
    total_s: float  # from the call to the last byte of the response


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete 2xx response."""

    status: int
    body: bytes = field(repr=False)


class StreamedBody(Protocol):
    """A body of known length that is produced in chunks while it is sent."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]: ...


class HttpApi:
    """A base URL with timeouts. Independent of any particular API; may be shared by threads.

    Never repeats a request and never sleeps: retries belong to the list of wanted records.
    ``name`` is the API's name in errors and logs. Each thread has one connection, which lives as
    long as the thread, or with ``keep_alive=False`` for one request: a request on a connection
    that the server is closing may or may not be carried out. After a fork the child opens its own.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        timeouts: Timeouts,
        max_body_bytes: int = MAX_BODY_BYTES,
        error_texts: ErrorTexts = error_texts,
        keep_alive: bool = True,
    ) -> None:
        """``error_texts`` reads the error documents of this API; JSON:API's by default."""
        self.name = name
        self._base_url = base_url.rstrip("/")
        self._timeouts = timeouts
        self._max_body_bytes = max_body_bytes
        self._error_texts = error_texts
        self._keep_alive = keep_alive
        self._network = NetworkSettings.of(self._base_url)
        self._local = threading.local()

    def __repr__(self) -> str:
        return f"HttpApi({self.name!r})"

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | StreamedBody | None = None,
        secrets: tuple[str, ...] = (),
    ) -> Answer:
        """Send one request and return its complete 2xx response. Raises ``ApiError``.

        ``secrets`` are removed from the texts of errors, as is what ``Authorization`` carries.

        ``Unreachable`` also if the body ends before its announced length, because a file cannot be
        read: the server never received a complete request.
        """
        with self.stream(
            method,
            path,
            headers=headers,
            body=body,
            secrets=secrets,
            max_bytes=self._max_body_bytes,
        ) as (status, chunks):
            return Answer(status=status, body=b"".join(chunks))

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | StreamedBody | None = None,
        secrets: tuple[str, ...] = (),
        max_bytes: int,
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Send one request; return the status of its 2xx response and its body in chunks.

        Pieces are decompressed and have at most 64 KiB. Reading stops as soon as the announced or
        the actual length exceeds ``max_bytes``. Leaving the block closes the connection unless the
        body was read to its end. Raises ``ApiError``.
        """
        deadline = start_deadline(self._timeouts.total_s)
        try:
            with self._send(method, path, headers, body, deadline) as response:
                chunks = self._chunks(response, max_bytes)
                if not 200 <= response.status_code < 300:
                    raise self._error(response, headers, secrets)
                if announced_length(response.headers) > max_bytes:
                    raise too_large(max_bytes, api=self.name, status=response.status_code)
                yield response.status_code, chunks
        finally:
            if not self._keep_alive:
                self._session().close()

    def json_object(self, answer: Answer) -> dict[str, Any]:
        """Return the JSON object in ``answer``, or raise ``InvalidResponse``."""
        return json_object(answer, api=self.name)

    def _session(self) -> requests.Session:
        # A connection inherited through fork would give one process the other's responses.
        if getattr(self._local, "pid", None) != os.getpid():
            self._local.session = new_session(
                self._network, user_timeout_s=min(TCP_USER_TIMEOUT_S, self._timeouts.total_s)
            )
            self._local.pid = os.getpid()
        session: requests.Session = self._local.session
        return session

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | StreamedBody | None,
        deadline: RequestDeadline,
    ) -> requests.Response:
        if not self._keep_alive:
            headers = {**headers, "Connection": "close"}
        try:
            self._network.require_http_proxy()
            return self._session().request(
                method,
                f"{self._base_url}/{path}",
                headers=headers,
                data=body,
                timeout=(self._timeouts.connect_s, self._timeouts.read_s),
                allow_redirects=False,
                stream=True,
            )
        except TRANSPORT_ERRORS as error:
            # "from None": the text of the error holds the URL, and perhaps a header.
            raise transport_error(
                error, api=self.name, request_sent=deadline.request_sent
            ) from None

    def _chunks(self, response: requests.Response, max_bytes: int) -> Iterator[bytes]:
        received = 0
        try:
            for chunk in response.raw.stream(CHUNK_BYTES, decode_content=True):
                received += len(chunk)
                if received > max_bytes:
                    raise too_large(max_bytes, api=self.name, status=response.status_code)
                yield chunk
        except TRANSPORT_ERRORS as error:
            raise transport_error(error, api=self.name, request_sent=True) from None

    def _error(
        self, response: requests.Response, headers: Mapping[str, str], secrets: tuple[str, ...]
    ) -> errors.ApiError:
        try:
            body = b"".join(self._chunks(response, MAX_ERROR_BYTES))
        except errors.ApiError:
            body = b""  # the status says enough
        return error_for(
            response.status_code,
            retry_after=response.headers.get("Retry-After"),
            body=body,
            media_type=response.headers.get("Content-Type", ""),
            api=self.name,
            secrets=(*secrets, *headers.get("Authorization", "").split()[-1:]),
            now=datetime.now(UTC),
            texts_in=self._error_texts,
        )


def json_object(answer: Answer, *, api: str) -> dict[str, Any]:
    """Return the JSON object in ``answer``, or raise ``InvalidResponse``, as ``TooDeep`` if so."""
    try:
        value = read_json(answer.body)
    except TooDeep:
        raise errors.TooDeep(
            f"the answer {TOO_DEEP}",
            api=api,
            status=answer.status,
            body=answer.body.decode(errors="replace"),
        ) from None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise errors.InvalidResponse(
            "the answer is not a JSON object", api=api, status=answer.status
        )
    return value


def announced_length(headers: Mapping[str, str]) -> int:
    """Return the length that ``Content-Length`` announces, 0 if it announces none."""
    length = headers.get("Content-Length", "")
    # Nineteen digits suffice; int() rejects thousands of them.
    return int(length[:19]) if length.isdecimal() else 0


def too_large(max_bytes: int, *, api: str, status: int) -> errors.TooLarge:
    """Return the error for a body of more than ``max_bytes`` bytes."""
    return errors.TooLarge(f"the body is larger than {max_bytes} bytes", api=api, status=status)


def transport_error(error: Exception, *, api: str, request_sent: bool) -> errors.ApiError:
    """Return the error for an exception of ``requests``, ``aiohttp`` or a library below them.

    The message says why in our words, because the text of ``error`` may hold a URL or a header.
    """
    name = type(error).__name__
    if request_sent or isinstance(error, _RESPONSE_ERRORS):
        return errors.IncompleteResponse(f"incomplete response ({name})", api=api)
    if isinstance(error, ValueError) and not isinstance(
        error, CertificateError
    ):  # an invalid URL, or a header that cannot be encoded
        return errors.BadRequest(f"the request cannot be sent ({name})", api=api)
    why = connection_errors.describe(error) or name
    return errors.Unreachable(f"no connection: {why}", api=api)
