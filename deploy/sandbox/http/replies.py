"""Replies, and how faults damage them on the way to the client."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from aiohttp import web

from deploy.sandbox.http.encoding import MEDIA_TYPE, encode
from deploy.sandbox.http.faults import FaultName, InjectedFault

UNANSWERED = (FaultName.DROPPED, FaultName.SENT_THEN_DROPPED, FaultName.REPLY_LOST)
DRIPS = 20  # pieces of a slow body


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete reply."""

    status: int
    body: bytes = b""
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Sent(StrEnum):
    """How far a reply has come."""

    PENDING = "pending"
    WHOLE = "whole"
    DAMAGED = "damaged"  # a fault has changed or withheld it
    BROKEN = "broken"  # the connection was gone before all was sent


@dataclass(slots=True)
class Delivery:
    """The delivery of one reply."""

    sent: Sent = Sent.PENDING

    def end(self, request: web.Request, failure: FaultName | None) -> None:
        """Enter how it ended, of a reply that ``deliver`` has sent."""
        if failure is not None:
            self.sent = Sent.DAMAGED
        elif request.transport is None or request.transport.is_closing():
            self.sent = Sent.BROKEN
        else:
            self.sent = Sent.WHOLE


UNAUTHORISED = Reply(status=401)
NO_ROUTE = Reply(status=404, body=b"404 page not found", media_type="text/plain")
BAD_REQUEST = Reply(status=400, body=b"400 Bad Request", media_type="text/plain; charset=utf-8")
LOGIN_PAGE = Reply(
    status=200,
    body=b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in.</body>"
    b"</html>",
    media_type="text/html",
)


def document_reply(document: object, *, status: int = 200) -> Reply:
    """Return a reply with a JSON:API document."""
    return Reply(status=status, body=encode(document), media_type=MEDIA_TYPE)


def error_document(status: int, title: str) -> dict[str, list[dict[str, str]]]:
    """Return a document with one error."""
    return {"errors": [{"title": title, "status": str(status)}]}


def early_failure(failure: FaultName, *, retry_after_s: float) -> Reply:
    """Return the reply for a failure before the request reaches Cention."""
    match failure:
        case FaultName.BUSY:
            headers = {"Retry-After": f"{retry_after_s:.0f}"}
            return Reply(status=503, body=b"busy", media_type="text/plain", headers=headers)
        case FaultName.NOT_FOUND:
            return document_reply(error_document(404, "resource not found"), status=404)
        case FaultName.LOGIN_PAGE:
            return LOGIN_PAGE
        case _:
            return UNAUTHORISED


def apply_fault(reply: Reply, failure: FaultName | None) -> Reply:
    """Return ``reply`` as it is after ``failure``."""
    match failure:
        case FaultName.ERROR_500:
            title = "pq: canceling statement due to statement timeout"
            return document_reply(error_document(500, title), status=500)
        case FaultName.BROKEN_JSON:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        case FaultName.UNREADABLE:
            wrong = {"data": {"type": [], "id": {}, "attributes": "none of your business"}}
            return replace(reply, body=encode(wrong))
        case _:
            return reply


async def deliver(
    request: web.Request, reply: Reply, injected: InjectedFault
) -> web.StreamResponse:
    """Send ``reply`` with the delay, the slowness and the cut of ``injected``."""
    if injected.latency_s:
        await asyncio.sleep(injected.latency_s)
    if injected.failure in UNANSWERED:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if injected.failure is FaultName.TRUNCATED:
        return await _send_half(request, reply)
    if injected.drip_s:
        return await _drip(request, reply, injected.drip_s)
    return response_of(reply)


def response_of(reply: Reply) -> web.Response:
    """Return ``reply`` as a response of the web server."""
    return web.Response(status=reply.status, body=reply.body, headers=_headers(reply))


def _headers(reply: Reply) -> dict[str, str]:
    named = {} if reply.media_type is None else {"Content-Type": reply.media_type}
    return {**reply.headers, **named}


async def _begin(request: web.Request, reply: Reply) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers=_headers(reply))
    response.content_length = len(reply.body)
    await response.prepare(request)
    return response


async def _send_half(request: web.Request, reply: Reply) -> web.StreamResponse:
    response = await _begin(request, reply)
    await response.write(reply.body[: len(reply.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _drip(request: web.Request, reply: Reply, seconds: float) -> web.StreamResponse:
    response = await _begin(request, reply)
    size = len(reply.body) // DRIPS + 1
    for start in range(0, len(reply.body), size):
        await response.write(reply.body[start : start + size])
        await asyncio.sleep(seconds / DRIPS)
    await response.write_eof()
    return response
