"""DigiDesk: ``POST /digidesk/api/survey_requests/``, and the same below ``/api/v1/``."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.sandbox.http.faults import SURVEY_REQUESTS
from deploy.sandbox.http.replies import Reply
from deploy.sandbox.surveys.messages import Messages
from deploy.sandbox.surveys.vendor_routes import (
    USER,
    Refusal,
    VendorRequest,
    VendorRoute,
    json_reply,
)

NAME = "digidesk"
PREFIX = "/digidesk"
PATH = f"{PREFIX}/api/survey_requests/"
V1_PATH = f"{PREFIX}/api/v1/survey_requests/"

MAX_CHARACTERS = 250
MAX_PAIRS = 10
REQUIRED = ("customer_contact", "campaign_name")
TEXTS = (*REQUIRED, "customer_name", "account_number", "agent_name", "format")


def find_route(method: str, path: str, _query: Mapping[str, str]) -> VendorRoute | None:
    """Return the route of a request."""
    return ROUTES.get(path) if method == "POST" else None


def create(request: VendorRequest) -> Reply:
    """Write to a customer, and answer 201 with the id of the survey request."""
    expected = f"Basic {b64encode(f'{USER}:{request.password}'.encode()).decode()}"
    if not hmac.compare_digest(
        request.authorization.encode(errors="surrogateescape"), expected.encode()
    ):
        raise Refusal(401, "Invalid credentials.")
    body = request.json_object()
    if problems := tuple(_problems(body)):
        raise Refusal(400, *problems)
    remote_id = request.world.ids.take("survey_request")
    request.world.state(Messages).add(
        vendor=NAME,
        remote_id=str(remote_id),
        contact=body["customer_contact"],
        name=body.get("customer_name") or "",
        survey=body["campaign_name"],
        agent=body.get("agent_name") or "",
        pairs=body.get("misc_data") or {},
    )
    return json_reply({"status": "success", "data": remote_id, "message": None}, status=201)


def error(status: int, texts: tuple[str, ...]) -> Reply:
    """Return an error document."""
    return json_reply({"status": "error", "data": None, "message": list(texts)}, status=status)


def as_xml(reply: Reply) -> Reply:
    """Return a reply of the same status in XML."""
    status = "success" if reply.status == 201 else "error"
    body = f'<?xml version="1.0"?><response><status>{status}</status></response>'
    return Reply(status=reply.status, body=body.encode(), media_type="application/xml")


def _problems(body: Mapping[str, Any]) -> Iterator[str]:
    for name in REQUIRED:
        if not body.get(name):
            yield f"{name} is required."
    for name in TEXTS:
        value = body.get(name)
        if value is not None and not _is_text(value):
            yield f"{name} must be a string of at most {MAX_CHARACTERS} characters."
    pairs = body.get("misc_data")
    if pairs is None:
        return
    if not isinstance(pairs, dict) or len(pairs) > MAX_PAIRS:
        yield f"misc_data must have at most {MAX_PAIRS} pairs."
    elif not all(_is_text(text) for pair in pairs.items() for text in pair):
        yield f"misc_data must hold strings of at most {MAX_CHARACTERS} characters."


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_CHARACTERS


_ROUTE = VendorRoute(type=SURVEY_REQUESTS, handle=create, error=error)
ROUTES: Mapping[str, VendorRoute] = {PATH: _ROUTE, V1_PATH: _ROUTE}
