"""The API under ``/s/<workspace>/``, with the behaviour measured at Cention."""

from __future__ import annotations

import hmac
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from deploy.sandbox.http.faults import BEFORE_CENTION, Faults, InjectedFault
from deploy.sandbox.http.replies import (
    NO_ROUTE,
    UNAUTHORISED,
    Reply,
    apply_fault,
    created_reply,
    deliver,
    document_reply,
    early_failure,
)
from deploy.sandbox.http.request_body import NotDecodable, posted_attributes
from deploy.sandbox.http.resources import RESOURCES
from deploy.sandbox.http.routes import ApiError, Request, Routes, Target
from deploy.sandbox.resources import documents, reports
from deploy.sandbox.resources.documents import error
from deploy.sandbox.world.records import AREA_ARCHIVES, RESPONSE_ATTACHMENTS, FileKey
from deploy.sandbox.world.world import World

ROUTES = Routes(RESOURCES)
INVALID_FIELD = "API2GO_INVALID_FIELD_QUERY_PARAM"


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
        """Answer any request."""
        target = self._target(request.path)
        if target is None:
            return await deliver(request, NO_ROUTE, InjectedFault())
        if target.id_text == "" or request.path.endswith("/"):
            return await deliver(request, _without_slash(request), InjectedFault())
        if not self._authorised(request.headers.get("Authorization", "")):
            reply, injected = UNAUTHORISED, InjectedFault()
        else:
            body = await request.read()
            injected = self.faults.draw(target.type, target.remote_id)
            reply = self._reply(request.method, target, request.query, body, injected)
        self.answered[f"{request.method} {target.type} {reply.status}"] += 1
        return await deliver(request, reply, injected)

    def _target(self, path: str) -> Target | None:
        workspace = f"/s/{self.workspace}/"
        if not path.startswith(workspace):
            return None
        below = path.removeprefix(workspace)
        if found := ROUTES.find(below.removesuffix("/")):
            return found
        if not below.startswith("capi/json/"):
            return None
        type_, *rest = below.removeprefix("capi/json/").split("/")
        if type_ not in COLLECTIONS and type_ not in SINGLES:
            return None
        if len(rest) > 2 or (len(rest) == 2 and rest[1]):
            return None
        return Target(type_, rest[0] if rest else None)

    def _authorised(self, header: str) -> bool:
        return hmac.compare_digest(
            header.encode(errors="surrogateescape"), f"Bearer {self.token}".encode()
        )

    def _reply(
        self,
        method: str,
        target: Target,
        query: Mapping[str, str],
        body: bytes,
        injected: InjectedFault,
    ) -> Reply:
        if injected.failure in BEFORE_CENTION and injected.failure is not None:
            return early_failure(
                injected.failure,
                retry_after_s=injected.retry_after_s,
                as_phrase=self._random_phrasing(),
            )
        match method:
            case _ if target.route is not None:
                reply = self._route_reply(method, target, query, body)
            case "GET":
                reply = self._get(target, query, injected)
            case "POST" if target == Target(documents.DIRTY_ERRANDS, None):
                reply = self._mark_dirty(body)
            case "OPTIONS":
                reply = _options(target)
            case _:
                return NO_ROUTE
        return apply_fault(reply, injected.failure, as_phrase=self._random_phrasing())

    def _route_reply(
        self, method: str, target: Target, query: Mapping[str, str], body: bytes
    ) -> Reply:
        if method == "OPTIONS":
            return Reply(status=204, headers={"Allow": ROUTES.methods(target)})
        handler = ROUTES.handler(method, target)
        if handler is None:
            return NO_ROUTE
        if target.id_text is not None and target.remote_id is None:
            return self._error(404, "resource not found")
        request = Request(
            world=self.world,
            rng=self.rng,
            zone=self.zone,
            remote_id=target.remote_id,
            query=query,
            body=body,
        )
        try:
            return handler(request)
        except ApiError as refusal:
            return self._error(refusal.status, refusal.title, code=refusal.code)
        except NotDecodable as reason:
            return self._error(406, str(reason))

    def _get(self, target: Target, query: Mapping[str, str], injected: InjectedFault) -> Reply:
        if target.id_text is None:
            list_all = COLLECTIONS.get(target.type)
            if list_all is None:
                return self._error(404, "Resource does not implement the FindAll interface")
            return document_reply(list_all(self.world))
        read_one = SINGLES.get(target.type)
        if read_one is None:
            return self._error(404, "Resource does not implement the FindOne interface")
        if target.remote_id is None:
            return self._error(404, "resource not found")
        attributes = read_one(self, target.remote_id)
        if attributes is None:
            return self._error(404, "resource not found")
        if injected.sla_null and "sla" in attributes:
            attributes["sla"] = None
        return self._sparse(target.type, target.remote_id, attributes, query)

    def _sparse(
        self, type_: str, remote_id: int, attributes: dict[str, Any], query: Mapping[str, str]
    ) -> Reply:
        """Return only the fields in ``fields[type]``. The dirty flag is already cleared."""
        wanted = query.get(f"fields[{type_}]")  # of a repeated parameter, the first
        if wanted is not None:
            names = [name for name in wanted.split(",") if name]
            for name in names:
                if name not in attributes:
                    title = f"Field {name} does not exist for type {type_}"
                    return self._error(400, title, code=INVALID_FIELD)
            attributes = {name: attributes[name] for name in names}
        return document_reply(documents.resource(type_, remote_id, attributes))

    def _mark_dirty(self, body: bytes) -> Reply:
        try:
            errand_ids = read_dirty_errands(body)
        except NotDecodable as reason:
            return self._error(406, str(reason))
        self.world.mark_dirty(errand_ids)
        return created_reply(documents.dirty_errands([]), documents.DIRTY_ERRANDS, 0)

    def _error(self, status: int, title: str, *, code: str | None = None) -> Reply:
        document = error(status, title, as_phrase=self._random_phrasing(), code=code)
        return document_reply(document, status=status)

    def _random_phrasing(self) -> bool:
        return self.rng.random() < 0.5

    def report(self, errand_id: int) -> dict[str, Any] | None:
        """Return a report and clear its dirty flag; ``None`` if there is no such errand."""
        self.world.dirty_errands.discard(errand_id)
        errand = self.world.errands.get(errand_id)
        if errand is None or errand.gone:
            return None
        sla_known = errand.sla_known_at <= self.world.now()
        return reports.report_attributes(errand, zone=self.zone, sla_known=sla_known)

    def rating(self, rating_id: int) -> dict[str, Any] | None:
        """Return a rating and clear its dirty flag; ``None`` if there is no such rating."""
        self.world.dirty_ratings.discard(rating_id)
        rating = self.world.ratings.get(rating_id)
        return documents.rating_attributes(rating) if rating else None

    def file(self, type_: str, file_id: int) -> dict[str, Any] | None:
        """Return an attachment with its content; ``None`` if there is none."""
        file = self.world.files.get(FileKey(type_, file_id))
        return documents.file_attributes(file) if file else None


COLLECTIONS: Mapping[str, Callable[[World], dict[str, Any]]] = {
    documents.DIRTY_ERRANDS: lambda world: documents.dirty_errands(world.dirty_errands),
    documents.DIRTY_RATINGS: lambda world: documents.dirty_ratings(world.dirty_ratings),
}
SINGLES: Mapping[str, Callable[[Api, int], dict[str, Any] | None]] = {
    reports.TYPE: Api.report,
    documents.RATINGS: Api.rating,
    RESPONSE_ATTACHMENTS: lambda api, file_id: api.file(RESPONSE_ATTACHMENTS, file_id),
    AREA_ARCHIVES: lambda api, file_id: api.file(AREA_ARCHIVES, file_id),
}


def read_dirty_errands(body: bytes) -> list[int]:
    """Return the ids in a POST to the list of changed errands. Raises ``NotDecodable``."""
    errand_ids = posted_attributes(body, documents.DIRTY_ERRANDS).get("errands") or []
    if not isinstance(errand_ids, list) or any(type(one) is not int for one in errand_ids):
        raise NotDecodable("Invalid type provided")
    return errand_ids


def _options(target: Target) -> Reply:
    marks = target == Target(documents.DIRTY_ERRANDS, None)
    return Reply(status=204, headers={"Allow": "OPTIONS,GET,POST" if marks else "OPTIONS,GET"})


def _without_slash(request: web.Request) -> Reply:
    path = quote(request.path.rstrip("/"))
    return Reply(
        status=301 if request.method == "GET" else 307,
        body=f'<a href="{path}">Moved Permanently</a>.\n\n'.encode(),
        media_type="text/html; charset=utf-8",
        headers={"Location": path},
    )
