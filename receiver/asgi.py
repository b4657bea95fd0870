"""Runs the Flask application in an event loop: an adapter from ASGI to WSGI.

What does no I/O is called in the loop itself; everything else, and large bodies, in threads of its
share. The commit that an answer depends on is awaited, so no thread waits for it.
``wsgi:app`` runs under any other WSGI server as well.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from io import BytesIO
from math import inf
from typing import Any, TypeAlias, TypeVar
from urllib.parse import unquote_to_bytes

from receiver import metrics
from receiver.callbacks import DeferredBody
from receiver.commit_waits import CommitWaits
from receiver.durable_inbox import PendingStore
from receiver.errors import error_document
from receiver.guessing import WrongSecrets
from receiver.metrics_bind import MARK
from receiver.surveys import crowded
from receiver.surveys.crowded import crowded_page
from schemas.jsonapi import MEDIA_TYPE

RETRY_AFTER_S = 5
LOOP_MAX_BYTES = 64 * 1024  # a larger body would hold up the loop while it is parsed
CALLBACKS = b"/callbacks/"
LOOP_PATHS = (CALLBACKS, b"/health/live")  # the application does no I/O for these

Result = TypeVar("Result")
Scope: TypeAlias = Mapping[str, Any]
WsgiApp: TypeAlias = Callable[..., Iterable[bytes]]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(slots=True, kw_only=True, eq=False)
class Reply:
    """A whole answer."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    wait_s: float = 0.0  # before it is sent, so that nobody can guess secrets quickly


def _busy(body: bytes, headers: Iterable[tuple[str, str]]) -> Reply:
    """Return the answer to a request that finds too many others before it."""
    encoded = [(name.encode(), value.encode()) for name, value in headers]
    counted = [(b"retry-after", b"%d" % RETRY_AFTER_S), (b"content-length", b"%d" % len(body))]
    return Reply(status=503, headers=encoded + counted, body=body)


BUSY = _busy(error_document(503), [("content-type", MEDIA_TYPE)])
CROWDED = _busy(crowded_page(), crowded.HEADERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The threads that requests of some paths have for themselves."""

    name: str
    paths: tuple[bytes, ...] = field(default=(b"/",))
    threads: int
    at_once: float = inf  # requests that are answered or wait for a thread; others get ``busy``
    busy: Reply = BUSY


# Health and metrics must not wait for callbacks that wait for a disk, nor for requests that wait
# for Postgres. The first share whose path fits counts.
SHARES = (
    Share(name="callback", paths=(CALLBACKS,), threads=8),
    Share(name="answers", paths=(b"/answers/",), threads=2, at_once=8),
    Share(name="survey", paths=(b"/s/", b"/survey/"), threads=4, at_once=1024, busy=CROWDED),
    Share(name="page", threads=4),
)


class AsgiAdapter:
    """Answers HTTP requests of an event loop with a WSGI application."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app
        self._threads = {
            share.name: ThreadPoolExecutor(share.threads, thread_name_prefix=share.name)
            for share in SHARES
        }
        self._under_way = dict.fromkeys(self._threads, 0)
        self._commits = CommitWaits()
        self._wrong_secrets = WrongSecrets()

    async def answer(self, scope: Scope, body: bytes) -> Reply:
        """Answer one request whose body has arrived."""
        path = path_of(scope)
        share = next((each for each in SHARES if path.startswith(each.paths)), SHARES[-1])
        if self._under_way[share.name] >= share.at_once:
            metrics.REFUSED_REQUESTS.labels(share.busy.status).inc()
            return share.busy
        self._under_way[share.name] += 1
        try:
            in_loop = len(body) <= LOOP_MAX_BYTES and path.startswith(LOOP_PATHS)
            call = WsgiCall(self._app, environ_of(scope, body))
            reply = await self._called(call, self._threads[share.name], in_loop=in_loop)
        finally:
            self._under_way[share.name] -= 1
        if reply.status == HTTPStatus.UNAUTHORIZED:
            address, *_ = scope.get("client") or ("",)
            reply.wait_s = self._wrong_secrets.wait_s(str(address))
        return reply

    async def _called(self, call: WsgiCall, threads: ThreadPoolExecutor, *, in_loop: bool) -> Reply:
        pending = await _run(call.begin, None if in_loop else threads)
        if pending is not None:
            committed = await self._is_committed(pending)
            await _run(call.finish, None if committed else threads)  # it may write to the spool
        return call.reply

    def close(self) -> None:
        """Return once no thread is at work."""
        for threads in self._threads.values():
            threads.shutdown()

    async def _is_committed(self, pending: PendingStore) -> bool:
        """Wait for the commit, but not beyond the deadline; return whether it has succeeded."""
        commit = pending.commit
        if commit is None:
            return False
        if not commit.done():
            await self._commits.wait(commit, until=pending.deadline)
        return commit.done() and commit.exception() is None


async def _run(function: Callable[[], Result], threads: ThreadPoolExecutor | None) -> Result:
    """Call ``function`` in one of ``threads``, or in the loop if there are none."""
    if threads is None:
        return function()
    return await asyncio.get_running_loop().run_in_executor(threads, function)


class WsgiCall:
    """One call of a WSGI application, and its whole answer."""

    def __init__(self, app: WsgiApp, environ: dict[str, Any]) -> None:
        self._app = app
        self._environ = environ
        self._chunks: Iterable[bytes] = ()
        self.reply = Reply(status=500, headers=[], body=b"")

    def begin(self) -> PendingStore | None:
        """Call the application; return what its answer waits for, or ``None`` if it is whole."""
        self._chunks = self._app(self._environ, self._start_response)
        if isinstance(self._chunks, DeferredBody):
            return self._chunks.pending
        self.finish()
        return None

    def finish(self) -> None:
        """Collect the answer."""
        try:
            self.reply.body = b"".join(self._chunks)
        finally:
            if hasattr(self._chunks, "close"):
                self._chunks.close()

    def _start_response(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        self.reply.status = int(status[:3])
        self.reply.headers = [encoded_header(*header) for header in headers]


@lru_cache(maxsize=256)
def encoded_header(name: str, value: str) -> tuple[bytes, bytes]:
    """Return a header as ASGI has it."""
    return name.lower().encode("latin-1"), value.encode("latin-1")


@lru_cache(maxsize=256)
def environ_name(header: bytes) -> str:
    """Return the name that a header has in WSGI."""
    name = header.decode("latin-1").upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def path_of(scope: Scope) -> bytes:
    """Return the path of the request's target, percent-encoded as it came.

    The target may be a whole URL (RFC 9112 section 3.2.2).
    """
    target: bytes = scope["raw_path"]
    if target.startswith(b"/"):
        return target
    return b"/" + target.partition(b"://")[2].partition(b"/")[2]


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return the request as WSGI has it (PEP 3333)."""
    host, port = scope["server"] or ("localhost", 0)
    if not isinstance(port, int):  # a Unix socket
        host, port = "localhost", 0
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path_of(scope)).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        MARK: MARK in scope,
    }
    for header, value in scope["headers"]:
        name = environ_name(header)
        text = value.decode("latin-1")
        environ[name] = f"{environ[name]},{text}" if name in environ else text
    return environ
