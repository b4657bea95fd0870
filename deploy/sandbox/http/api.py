"""The API under ``/s/<workspace>/``, with the behaviour measured at Cention."""

from __future__ import annotations

import hmac
import html
import random
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from deploy.sandbox.http.faults import BEFORE_CENTION, Faults, InjectedFault
from deploy.sandbox.http.framework import respond
from deploy.sandbox.http.replies import (
    BAD_REQUEST,
    NO_ROUTE,
    UNAUTHORISED,
    Delivery,
    Reply,
    apply_fault,
    deliver,
    early_failure,
)
from deploy.sandbox.http.resources import RESOURCES
from deploy.sandbox.http.routes import Request, Route, Routes
from deploy.sandbox.http.urls import BROKEN_ESCAPE, read_query, split_target
from deploy.sandbox.world.world import World

ROUTES = Routes(RESOURCES)
NO_FAULT = InjectedFault()
UNESCAPED = "/:@!$&'()*+,;=-._~"  # in the path of a Location


@dataclass(frozen=True, kw_only=True)
class Api:
    """The API of one workspace, served from ``world``."""

    world: World
    faults: Faults
    rng: random.Random
    workspace: str
    zone: ZoneInfo
    token: str = field(repr=False)
    answered: Counter[str] = field(default_factory=Counter)  # "GET type status"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer any request. The route is found before the token is checked, as at Cention."""
        path, query = split_target(request.raw_path)
        if BROKEN_ESCAPE.search(request.raw_path.partition("?")[0]):
            return await deliver(request, BAD_REQUEST, NO_FAULT)
        workspace = f"/s/{self.workspace}/"
        below = path.removeprefix(workspace) if path.startswith(workspace) else ""
        route = ROUTES.find(request.method, below)
        if route is None:
            redirected = ROUTES.redirects(request.method, below)
            reply = _redirect(request.method, path[:-1], query) if redirected else NO_ROUTE
            return await deliver(request, reply, NO_FAULT)
        delivery = Delivery()
        if not self._authorised(request.headers.get("Authorization", "")):
            reply, injected = UNAUTHORISED, NO_FAULT
        else:
            body = await request.read()
            injected = self.faults.draw(route.type, route.remote_id)
            reply = self._reply(route, query, body, injected, delivery)
        self.answered[f"{request.method} {route.type} {reply.status}"] += 1
        try:
            return await deliver(request, reply, injected)
        finally:
            delivery.end(request, injected.failure)

    def _authorised(self, header: str) -> bool:
        return hmac.compare_digest(
            header.encode(errors="surrogateescape"), f"Bearer {self.token}".encode()
        )

    def _reply(
        self, route: Route, query: str, body: bytes, injected: InjectedFault, delivery: Delivery
    ) -> Reply:
        if injected.failure is not None and injected.failure in BEFORE_CENTION:
            return early_failure(injected.failure, retry_after_s=injected.retry_after_s)
        request = Request(
            world=self.world,
            rng=self.rng,
            zone=self.zone,
            remote_id=route.remote_id or 0,
            query=read_query(query),
            body=body,
            sla_null=injected.sla_null,
            delivery=delivery,
        )
        return apply_fault(respond(route, request, ROUTES.resources), injected.failure)


def _redirect(method: str, path: str, query: str) -> Reply:
    location = quote(path, safe=UNESCAPED, errors="surrogateescape") + (query and f"?{query}")
    if method != "GET":
        return Reply(status=307, headers={"Location": location})
    return Reply(
        status=301,
        body=f'<a href="{html.escape(location)}">Moved Permanently</a>.\n\n'.encode(),
        media_type="text/html; charset=utf-8",
        headers={"Location": location},
    )
