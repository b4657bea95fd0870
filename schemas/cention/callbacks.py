"""Reads callbacks, which Cention sends when something happened to an errand.

Source: Cention Callback. The order of ``included`` is random, empty members may be absent, and
links point to hosts that are not Cention's, so they are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from marshmallow import ValidationError

from schemas.cention.attachments import OLD_TYPES, RESOURCE_TYPES, AttachmentKind, AttachmentRef
from schemas.errors import DocumentError, Fault
from schemas.jsonapi.document import Document, Key, Resource, open_document
from schemas.jsonapi.fields import Group, ListOf, Nested, Scalar, optional
from schemas.jsonapi.marshmallow_reader import ResourceSchema, read
from schemas.jsonapi.scalars import json_text, member, optional_id, required_id, small_number, text

T = TypeVar("T")

ANSWER_EVENT = 1
ANSWER_CALLBACK = "c3_callback_answer_errands"
ANSWERED_ERRAND = "c3_answer_errands"

# Names that servers used before April 2017, by the history of the vendor's SDK.
_RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "c3_callback_answer_errand": ANSWER_CALLBACK,
        "c3_answer_errand": ANSWERED_ERRAND,
        "c3_errand": ANSWERED_ERRAND,
        **OLD_TYPES,
    }
)
_KINDS: Mapping[str, AttachmentKind] = MappingProxyType(
    {RESOURCE_TYPES[kind]: kind for kind in (AttachmentKind.RESPONSE, AttachmentKind.AREA_ARCHIVE)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecipient:
    """A recipient of an answer."""

    recipient_id: int | None
    address: str | None  # not an e-mail address in a chat or social channel
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An agent's answer. Both ids together identify it: an errand may have several."""

    answer_id: int
    response_id: int
    subject: str | None  # of the answer
    body_text: str | None  # JSON, if Cention sent something other than a text
    body_html: str | None  # likewise; not to be rendered, links not to be followed
    service_id: int | None
    service_name: str | None
    service_type: int | None  # the channel; the numbers are not documented
    recipients: tuple[AnswerRecipient, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """An event and the errand it belongs to."""

    type: str  # of the resource, as its present name; ANSWER_CALLBACK or unknown
    remote_id: int | None  # Cention's id of the callback; its meaning is unknown
    event: int | None  # ANSWER_EVENT or unknown
    errand_id: int | None
    answer: Answer | None  # None if the answered errand is not in the document
    attachments: tuple[AttachmentRef, ...]  # by kind and id, each once


def read_callback(document: Mapping[str, Any]) -> Callback:
    """Return the callback in ``document``, also one of an unknown type or event.

    Of an unknown type, only the outer shape must be valid. Raises ``DocumentError``.
    """
    opened = open_document(document, renamed=_RENAMED)
    if opened.primary.type != ANSWER_CALLBACK:
        return _of_unknown_type(opened)
    callback = read(_CallbackSchema, opened.primary)
    errand_key = _errand_key(opened)
    errand = opened.included.get(errand_key) if errand_key else None
    return Callback(
        type=opened.primary.type,
        remote_id=callback["id"],
        event=callback["event"],
        errand_id=_errand_id(errand_key, errand),
        answer=_answer(errand),
        attachments=_attachments(opened, errand),
    )


def _of_unknown_type(opened: Document) -> Callback:
    primary = opened.primary
    errand_key = _or_default(lambda: _errand_key(opened), None)
    errand = opened.included.get(errand_key) if errand_key else None
    return Callback(
        type=primary.type,
        remote_id=_or_default(lambda: optional_id(primary.body.get("id")), None),
        event=_or_default(lambda: small_number(primary.attributes.get("event")), None),
        errand_id=_or_default(lambda: _errand_id(errand_key, errand), None),
        answer=_or_default(lambda: _answer(errand), None),
        attachments=_or_default(lambda: _attachments(opened, errand), ()),
    )


def _or_default(read_part: Callable[[], T], default: T) -> T:
    try:
        return read_part()
    except (DocumentError, ValidationError):
        return default


def _errand_key(document: Document) -> Key | None:
    keys = document.linkage(document.primary, "errand")
    if len(keys) > 1:
        raise document.primary.error_at("relationships/errand/data", "must identify one errand")
    if keys:
        return keys[0]
    if document.primary.type != ANSWER_CALLBACK:
        return None
    answered = list(_answered(document))
    return answered[0] if len(answered) == 1 else None


def _answered(document: Document) -> dict[Key, Resource]:
    return {key: one for key, one in document.included.items() if key.type == ANSWERED_ERRAND}


def _errand_id(key: Key | None, errand: Resource | None) -> int | None:
    if key is None or key.id == "0":
        return None
    pointer = errand.pointer if errand else "/data/relationships/errand/data"
    return _identity(key, f"{pointer}/id")


def _identity(key: Key, pointer: str) -> int:
    try:
        return required_id(key.id)
    except ValidationError as error:
        raise DocumentError(Fault(pointer, error.messages[0])) from error


def _answer(errand: Resource | None) -> Answer | None:
    if errand is None or errand.type != ANSWERED_ERRAND:
        return None
    found = read(_AnsweredErrandSchema, errand)
    if found["answer"] is None:
        return None
    response = found["answer"]["response"]
    if response is None:
        return None
    service = found["service"]
    return Answer(
        answer_id=found["answer"]["c3_id"],
        response_id=response["c3_id"],
        subject=response["subject"],
        body_text=response["body"],
        body_html=response["html_body"] or response["old_html_body"],
        service_id=service["c3_id"],
        service_name=service["name"],
        service_type=service["type"],
        recipients=response["to"] or (),
    )


def _attachments(document: Document, errand: Resource | None) -> tuple[AttachmentRef, ...]:
    """Return the included files and those of the errand; of any errand if it is unknown."""
    files = {
        key: f"{resource.pointer}/id"
        for key, resource in document.included.items()
        if key.type in _KINDS
    }
    for key, pointer in _related_files(document, errand):
        files.setdefault(key, pointer)
    found = {(key.type, _identity(key, pointer)) for key, pointer in files.items() if key.id != "0"}
    return tuple(
        AttachmentRef(kind=kind, attachment_id=id_)
        for type_, kind in _KINDS.items()
        for id_ in sorted(id_ for found_type, id_ in found if found_type == type_)
    )


def _related_files(document: Document, errand: Resource | None) -> Iterator[tuple[Key, str]]:
    errands = [errand] if errand else _answered(document).values()
    for resource in (document.primary, *errands):
        for name in ("attachments", "embedded_archives"):
            for key in document.linkage(resource, name):
                if key.type in _KINDS:
                    yield key, f"{resource.pointer}/relationships/{name}/data"


def _recipient(recipient: Mapping[str, Any]) -> AnswerRecipient:
    address = "email_address" if "email_address" in recipient else "emailAddress"
    return AnswerRecipient(
        recipient_id=member(recipient, "c3_id", optional_id),
        address=member(recipient, address, text),
        name=member(recipient, "name", text),
    )


class _Response(Nested):
    c3_id = Scalar(required_id, required=True)
    subject = Scalar(text)
    body = Scalar(json_text)
    html_body = Scalar(json_text)
    old_html_body = Scalar(json_text, "htmlBody")
    to = ListOf(_recipient)


class _Answer(Nested):
    c3_id = Scalar(required_id, required=True)
    response = optional(_Response)


class _Service(Nested):
    c3_id = Scalar(optional_id)
    name = Scalar(text)
    type = Scalar(small_number)


class _AnsweredErrandSchema(ResourceSchema):
    id = Scalar(optional_id)
    answer = optional(_Answer)
    service = Group(_Service)


class _CallbackSchema(ResourceSchema):
    id = Scalar(optional_id)
    event = Scalar(small_number)
