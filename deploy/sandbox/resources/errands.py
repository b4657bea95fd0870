"""Routes that create errands, close errands, and end calls."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.sandbox.http.go_json import NotDecodable
from deploy.sandbox.http.go_types import (
    AnyButNumber,
    AnyObject,
    Bytes,
    Flag,
    GoType,
    Integer,
    ListOf,
    NotNull,
    Struct,
    Text,
)
from deploy.sandbox.http.request_body import read_posted
from deploy.sandbox.http.routes import ApiError, Created, Request, Resource, ResourceRoutes
from deploy.sandbox.world.records import Answer, Errand, ErrandMessage
from deploy.sandbox.world.sample_data import Person
from deploy.sandbox.world.world import World

NEW = "c3_new_errands"
END = "c3_end_errands"
END_CALL = "c3_end_obcall"

ATTACHMENT = Struct(
    {
        "c3_id": Integer(),
        "content_type": Text(),
        "name": Text(),
        "content": Bytes(),
        "content_id": Text(),
    }
)
MESSAGE = Struct(
    {
        **dict.fromkeys(("message_id", "name", "from", "subject", "body", "html_body"), Text()),
        "attachments": ListOf(NotNull(ATTACHMENT)),
    }
)
ANSWER = Struct(
    {**MESSAGE.fields, "user_type": Text(), "user_id": Text()},
)
TEMPLATE = Struct({"elementname": Text(), "namespace": Text(), "params": ListOf(AnyObject())})
TEXTS_OF_A_CALL = (
    "integrationName",
    "referenceId",
    "link",
    "destNumber",
    "pagingNumber",
    "pagingName",
    "queueName",
    "queueNumber",
)
CALL = Struct(
    {
        **dict.fromkeys(TEXTS_OF_A_CALL, Text()),
        "deviceId": Integer(),
        "extensionId": Integer(),
        "endSession": Flag(),
        "extraData": Struct(
            dict.fromkeys(("comment", "callReason", "appointmentTimestamp"), Text())
        ),
    }
)
NEW_ATTRIBUTES: Mapping[str, GoType] = {
    "msg": MESSAGE,
    "answer": ANSWER,
    "watemplate": TEMPLATE,
    "integrationData": CALL,
    "extradata": AnyButNumber(),
    "cuid": Text(),
}
END_ATTRIBUTES: Mapping[str, GoType] = {"errand_id": Integer(), "answer": ANSWER}
END_CALL_ATTRIBUTES: Mapping[str, GoType] = {
    "integrationName": Text(),
    "dialedNumber": Text(),
    "deviceId": Integer(),
    "extensionId": Integer(),
}


@dataclass
class ReceivedRequests:
    """The accepted requests of clients, unchanged except that attachments are size and digest."""

    world: World
    created: dict[int, dict[str, Any]] = field(default_factory=dict)  # by errand
    closed: list[dict[str, Any]] = field(default_factory=list)
    ended_calls: list[dict[str, Any]] = field(default_factory=list)


def create(request: Request) -> Created:
    """Create a dirty errand; an errand with an answer is closed at once."""
    attributes = read_posted(request.body, NEW, NEW_ATTRIBUTES).attributes
    message = attributes.get("msg", {})
    answer = attributes.get("answer")
    files = [_file(one) for one in message.get("attachments", ())]
    errand = _new_errand(request.world, message, file_count=len(files))
    if answer is not None:
        _close(request.world, errand, answer)
    received_request = {**attributes, "msg": {**message, "attachments": files}}
    request.world.state(ReceivedRequests).created[errand.errand_id] = received_request
    return _created(NEW, errand)


def close(request: Request) -> Created:
    """Close an errand with an answer, which may be empty."""
    attributes = read_posted(request.body, END, END_ATTRIBUTES).attributes
    errand = request.world.errand(attributes.get("errand_id", 0))
    if errand is None or errand.gone:
        raise ApiError(404, "resource not found")
    _close(request.world, errand, attributes.get("answer", {}))
    request.world.state(ReceivedRequests).closed.append(attributes)
    return _created(END, errand)


def _created(type_: str, errand: Errand) -> Created:
    document = {"data": {"type": type_, "id": str(errand.errand_id)}}
    return Created(remote_id=errand.errand_id, document=document)


def end_call(request: Request) -> Created:
    """Record that a call has ended, and answer without a document."""
    attributes = read_posted(request.body, END_CALL, END_CALL_ATTRIBUTES).attributes
    request.world.state(ReceivedRequests).ended_calls.append(attributes)
    return Created(remote_id=0, document=None)


def received_requests(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Return the accepted requests, for tests to compare with what they sent."""
    received = world.state(ReceivedRequests)
    return {
        "created": {str(errand_id): request for errand_id, request in received.created.items()},
        "closed": received.closed,
        "ended_calls": received.ended_calls,
    }


RESOURCE_ROUTES = ResourceRoutes(
    resources=(
        Resource(type=NEW, create=create),
        Resource(type=END, create=close),
        Resource(type=END_CALL, create=end_call),
    ),
    controls={("GET", "truth/errands"): received_requests},
)


def _file(attachment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is recorded of an attachment, which must have no id yet."""
    if "c3_id" in attachment:
        raise NotDecodable("errand creation can not has id")
    content = attachment.get("content", b"")
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
