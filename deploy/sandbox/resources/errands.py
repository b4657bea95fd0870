"""Routes that create errands, close errands, and end calls."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.sandbox.http.replies import Reply, created_reply
from deploy.sandbox.http.request_body import NotDecodable, check_types, posted_attributes
from deploy.sandbox.http.routes import ApiError, Request, ResourceRoutes
from deploy.sandbox.world.records import Answer, Errand, ErrandMessage
from deploy.sandbox.world.sample_data import Person
from deploy.sandbox.world.world import World

NEW = "c3_new_errands"
END = "c3_end_errands"
END_CALL = "c3_end_obcall"

Types = Mapping[str, type]

ATTRIBUTES: Types = {
    "msg": dict,
    "answer": dict,
    "watemplate": dict,
    "integrationData": dict,
    "cuid": str,
}
MESSAGE: Types = {
    "message_id": str,
    "name": str,
    "from": str,
    "subject": str,
    "body": str,
    "html_body": str,
    "attachments": list,
}
ATTACHMENT: Types = {"content_type": str, "name": str, "content": str, "content_id": str}
ANSWER: Types = {"subject": str, "body": str, "html_body": str, "user_type": str, "user_id": str}
TEMPLATE: Types = {"elementname": str, "namespace": str, "params": list}
CALL: Types = {"integrationName": str, "dialedNumber": str, "deviceId": int, "extensionId": int}


@dataclass
class ReceivedRequests:
    """The accepted requests of clients, unchanged except that attachments are size and digest."""

    world: World
    created: dict[int, dict[str, Any]] = field(default_factory=dict)  # by errand
    closed: list[dict[str, Any]] = field(default_factory=list)
    ended_calls: list[dict[str, Any]] = field(default_factory=list)


def create(request: Request) -> Reply:
    """Create a dirty errand; an errand with an answer is closed at once."""
    attributes = posted_attributes(request.body, NEW)
    check_types(attributes, ATTRIBUTES)
    message = attributes.get("msg") or {}
    check_types(message, MESSAGE)
    check_types(attributes.get("watemplate") or {}, TEMPLATE)
    check_types(attributes.get("integrationData") or {}, CALL)
    answer = attributes.get("answer")
    check_types(answer or {}, ANSWER)
    files = [_file(one) for one in message.get("attachments") or []]
    errand = _new_errand(request.world, message, file_count=len(files))
    if answer is not None:
        _close(request.world, errand, answer)
    received_request = {**attributes, "msg": {**message, "attachments": files}}
    request.world.state(ReceivedRequests).created[errand.errand_id] = received_request
    document = {"data": {"type": NEW, "id": str(errand.errand_id)}}
    return created_reply(document, NEW, errand.errand_id)


def close(request: Request) -> Reply:
    """Close an errand with an answer, which may be empty."""
    attributes = posted_attributes(request.body, END)
    check_types(attributes, {"errand_id": int, "answer": dict})
    answer = attributes.get("answer") or {}
    check_types(answer, ANSWER)
    errand = request.world.errands.get(attributes.get("errand_id", 0))
    if errand is None or errand.gone:
        raise ApiError(404, "resource not found")
    _close(request.world, errand, answer)
    request.world.state(ReceivedRequests).closed.append(attributes)
    document = {"data": {"type": END, "id": str(errand.errand_id)}}
    return created_reply(document, END, errand.errand_id)


def end_call(request: Request) -> Reply:
    """Record that a call has ended, and answer 204."""
    attributes = posted_attributes(request.body, END_CALL)
    check_types(attributes, CALL)
    request.world.state(ReceivedRequests).ended_calls.append(attributes)
    return Reply(status=204)


def received_requests(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the accepted requests, for tests to compare with what they sent."""
    received = world.state(ReceivedRequests)
    return {
        "created": {str(errand_id): request for errand_id, request in received.created.items()},
        "closed": received.closed,
        "ended_calls": received.ended_calls,
    }


RESOURCE_ROUTES = ResourceRoutes(
    routes={
        ("POST", f"capi/json/{NEW}"): create,
        ("POST", f"capi/json/{END}"): close,
        ("POST", f"capi/json/{END_CALL}"): end_call,
    },
    controls={("GET", "truth/errands"): received_requests},
)


def _file(attachment: Any) -> dict[str, Any]:
    if not isinstance(attachment, dict) or "c3_id" in attachment:
        raise NotDecodable("errand creation can not has id")
    check_types(attachment, ATTACHMENT)
    try:
        content = base64.b64decode(attachment.get("content") or "", validate=True)
    except binascii.Error as reason:
        raise NotDecodable("illegal base64 data") from reason
    return {
        **{name: value for name, value in attachment.items() if name != "content"},
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _new_errand(world: World, message: Mapping[str, Any], *, file_count: int) -> Errand:
    errand = world.add_errand()
    errand.person = Person(message.get("name") or "", message.get("from") or "")
    body = message.get("html_body") or html.escape(message.get("body") or "")
    errand.message = ErrandMessage(message.get("subject") or "", body)
    errand.file_count = file_count
    errand.arrived_at = errand.changed_at
    return errand


def _close(world: World, errand: Errand, answer: Mapping[str, Any]) -> None:
    ids = world.ids
    errand.answer = Answer(
        answer_id=ids.take("answer"),
        response_id=ids.take("response"),
        recipient_id=ids.take("recipient"),
        subject=answer.get("subject") or "",
        body=answer.get("body") or "",
        files=(),
    )
    errand.answered_at = int(world.now())
    world.change(errand, "close")
