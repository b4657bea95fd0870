"""The survey vendors on the sandbox's port, with the faults injected into their requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from deploy.sandbox.http.faults import FaultName, Faults, InjectedFault
from deploy.sandbox.http.replies import (
    LOGIN_PAGE,
    NO_ROUTE,
    Reply,
    apply_fault,
    deliver,
    early_failure,
)
from deploy.sandbox.surveys import alvaria, centracx, customer_radar, digidesk
from deploy.sandbox.surveys.vendor_routes import (
    FindRoute,
    Refusal,
    VendorRequest,
    VendorRoute,
)
from deploy.sandbox.world.world import World

FINDERS: Mapping[str, FindRoute] = {
    digidesk.PREFIX: digidesk.find_route,
    customer_radar.PREFIX: customer_radar.find_route,
    centracx.PREFIX: centracx.find_route,
    alvaria.PREFIX: alvaria.find_route,
}
PREFIXES = tuple(FINDERS)
# Faults before anything is done, with the status and the text of the vendor's error document.
ERRORS: Mapping[FaultName, tuple[int, str]] = {
    FaultName.UNAUTHORISED: (401, "Unauthorised"),
    FaultName.NOT_FOUND: (404, "Not found"),
    FaultName.ERROR_500: (500, "Internal error"),
    FaultName.DROPPED: (500, "Nobody gets this."),
    FaultName.ERROR_IN_200: (200, "Not accepted"),
    FaultName.WRONG_CODE: (200, "Not sent because of the Send Rule"),
}


@dataclass(frozen=True, kw_only=True)
class SurveyVendors:
    """Handler of the requests to all vendors."""

    world: World
    faults: Faults
    password: str = field(repr=False)
    answered: Counter[str]  # "POST digidesk.survey_requests 201"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer any request below ``PREFIXES``."""
        query = {name: request.query[name] for name in request.query}
        find = FINDERS["/" + request.path.split("/", 2)[1]]
        route = find(request.method, request.path, query)
        if route is None:
            return await deliver(request, NO_ROUTE, InjectedFault())
        received = VendorRequest(
            world=self.world,
            path=request.path,
            query=query,
            api_key=request.headers.get("x-api-key", ""),
            authorization=request.headers.get("Authorization", ""),
            password=self.password,
            body=await request.read(),
        )
        injected = self.faults.draw(route.type, None)
        if injected.v1_only and request.path == digidesk.PATH:
            reply = NO_ROUTE
        else:
            reply = _reply(route, received, injected)
        self.answered[f"POST {route.type} {reply.status}"] += 1
        return await deliver(request, reply, injected)


def _reply(route: VendorRoute, request: VendorRequest, injected: InjectedFault) -> Reply:
    failure = injected.failure
    if failure in ERRORS and failure is not None:
        status, text = ERRORS[failure]
        return route.error(status, (text,))
    match failure:
        case FaultName.BUSY:
            return early_failure(failure, retry_after_s=injected.retry_after_s)
        case FaultName.LOGIN_PAGE:
            return LOGIN_PAGE
        case FaultName.TOKEN_EXPIRED:
            if route.expire_tokens is not None:
                route.expire_tokens(request.world)
        case FaultName.DIALOG_GONE:
            request.world.state(alvaria.Dialogs).end(request.query.get("sessionId", ""))
    try:
        reply = route.handle(request)
    except Refusal as refusal:
        reply = route.error(refusal.status, refusal.texts)
    return _damaged(route, reply, failure)


def _damaged(route: VendorRoute, reply: Reply, failure: FaultName | None) -> Reply:
    """Return the reply to what was done, as it is after ``failure``."""
    match failure:
        case FaultName.SENT_THEN_500 if reply.status < 400:
            return route.error(500, ("Internal error",))
        case FaultName.XML:
            return digidesk.as_xml(reply)
        case FaultName.QUESTION_AS_TEXT:
            return centracx.with_question_as_text(reply)
        case _:
            return apply_fault(reply, failure)
