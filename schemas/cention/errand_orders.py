"""Converts orders for errands and calls to and from Cention's attributes, and validates them.

Source: Cention Create Errand, Close Errand, End Outbound Call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.cention.errands import (
    USER_TYPES,
    EndedCall,
    ErrandAnswer,
    ErrandOrder,
    NewAttachment,
    NewErrand,
    WhatsappTemplate,
)
from schemas.cention.integration_data import faults_of_call, faults_of_integration
from schemas.cention.senders import NO_ADDRESS, is_address
from schemas.errors import DocumentError, Fault, raise_faults
from schemas.request_validation import (
    MAX_SAFE_INTEGER,
    Member,
    faults_of,
    faults_of_json,
    non_json_faults,
)
from schemas.text.unstorable import replace_unstorable

ATTRIBUTES: Mapping[str, Member] = {
    "msg": Member(dict, required=True),
    "answer": Member(dict),
    "watemplate": Member(dict),
    "integrationData": Member(dict),
    "cuid": Member(str),
}
MESSAGE: Mapping[str, Member] = {
    name: Member(str) for name in ("message_id", "name", "from", "subject", "body", "html_body")
}
ATTACHMENT: Mapping[str, Member] = {
    "content_type": Member(str, required=True),
    "name": Member(str, required=True),
    "content_id": Member(str),
}
ANSWER: Mapping[str, Member] = {
    name: Member(str) for name in ("subject", "body", "html_body", "user_type", "user_id")
}
TEMPLATE: Mapping[str, Member] = {
    "elementname": Member(str, required=True),
    "namespace": Member(str, required=True),
    "params": Member(list),
}
HALF_A_USER = (
    "is missing: give both user_type and user_id, or neither (then the system is the author)"
)
BARE_NUMBER = "cannot be a bare number, which Cention refuses: put it into quotes or an object"
NOT_AN_OBJECT = "must be an object"
NOT_EXTRADATA = "belongs in integrationData; any other JSON goes into extradata"


def read_order(
    attributes: Mapping[str, Any], attachments: tuple[NewAttachment, ...] = ()
) -> ErrandOrder:
    """Return the order in ``data.attributes`` of a create, which has no ``attachments``.

    Characters that Cention cannot store become U+FFFD. Raises ``DocumentError``, which names every
    invalid field.
    """
    given = {
        name: value for name, value in replace_unstorable(attributes).items() if value is not None
    }
    raise_faults(_order_faults(given))
    message, answer, template = given["msg"], given.get("answer"), given.get("watemplate")
    texts = {name: message.get(name) or "" for name in MESSAGE}
    errand = NewErrand(
        from_address=texts.pop("from"),
        **texts,
        attachments=attachments,
        extradata=given.get("extradata"),
        integration_data=given.get("integrationData"),
        cuid=given.get("cuid"),
    )
    order = ErrandOrder(
        errand=errand,
        answer=None if answer is None else _answer(answer),
        template=None if template is None else _template(template),
    )
    attributes_of_order(order)
    return order


def attributes_of_order(order: ErrandOrder) -> dict[str, Any]:
    """Return ``data.attributes`` of a create, attachments without their content.

    Raises ``DocumentError``, which names every invalid field.
    """
    errand = order.errand
    message: dict[str, Any] = {
        "message_id": errand.message_id,
        "name": errand.name,
        "from": errand.from_address,
        "subject": errand.subject,
        "body": errand.body,
        "html_body": errand.html_body,
    }
    attributes: dict[str, Any] = {
        "msg": message,
        "answer": order.answer and attributes_of_answer(order.answer),
        "watemplate": order.template and _attributes_of_template(order.template),
        "extradata": errand.extradata,
        "integrationData": _plain(errand.integration_data),
        "cuid": errand.cuid,
    }
    raise_faults(
        fault for name in attributes for fault in non_json_faults(attributes[name], f"/{name}")
    )
    given = {
        name: value for name, value in replace_unstorable(attributes).items() if value is not None
    }
    raise_faults(_order_faults(given))
    files = [_attributes_of_attachment(one) for one in errand.attachments]
    raise_faults(_faults_of_attachments(files))
    if given.keys() == {"msg"} and not (files or _has_content(message)):
        raise DocumentError(Fault("/msg", "has no sender, no text and no file"))
    if files:
        given["msg"]["attachments"] = files
    return given


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _has_content(message: Mapping[str, Any]) -> bool:
    return any(text for name, text in message.items() if name != "message_id")


def attributes_of_answer(answer: ErrandAnswer) -> dict[str, Any]:
    """Return the object ``answer`` of a close or a create."""
    return {
        "user_type": answer.user_type,
        "user_id": answer.user_id,
        "subject": answer.subject,
        "body": answer.body,
        "html_body": answer.html_body,
    }


def attributes_of_closing(errand_id: int, answer: ErrandAnswer) -> dict[str, Any]:
    """Return ``data.attributes`` of a close. Raises ``DocumentError``."""
    if type(errand_id) is not int or not 1 <= errand_id <= MAX_SAFE_INTEGER:
        raise DocumentError(Fault("/errand_id", "must be a whole number from 1 to 2**53 - 1"))
    attributes = attributes_of_answer(answer)
    raise_faults(non_json_faults(attributes, "/answer"))
    given = replace_unstorable(attributes)
    raise_faults(_faults_of_answer(given))
    return {"errand_id": errand_id, "answer": given}


def attributes_of_call(call: EndedCall) -> dict[str, Any]:
    """Return ``data.attributes`` of the end of a call. Raises ``DocumentError``."""
    attributes = {
        "integrationName": call.integration_name,
        "dialedNumber": call.dialed_number,
        "deviceId": call.device_id,
        "extensionId": call.extension_id,
    }
    raise_faults(non_json_faults(attributes, ""))
    given = {
        name: value for name, value in replace_unstorable(attributes).items() if value is not None
    }
    raise_faults(faults_of_call(given))
    return given


def _order_faults(attributes: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the faults of ``data.attributes`` of a create, without attachments."""
    known = {name: value for name, value in attributes.items() if name != "extradata"}
    if "extraData" in known:
        del known["extraData"]
        yield Fault("/extraData", NOT_EXTRADATA)
    yield from faults_of(known, ATTRIBUTES, "")
    message, answer, template = (known.get(name) for name in ("msg", "answer", "watemplate"))
    if isinstance(message, dict):
        yield from faults_of(message, MESSAGE, "/msg")
        yield from _faults_of_sender_address(message.get("from"))
    if isinstance(answer, dict):
        yield from _faults_of_answer(answer, "/answer")
    if isinstance(template, dict):
        yield from faults_of(template, TEMPLATE, "/watemplate")
        yield from _faults_of_params(template.get("params"))
        yield from _faults_of_template_user(answer)
    if isinstance(known.get("integrationData"), dict):
        yield from faults_of_integration(known["integrationData"], "/integrationData")
    extradata = attributes.get("extradata")
    if isinstance(extradata, int | float) and not isinstance(extradata, bool):
        yield Fault("/extradata", BARE_NUMBER)
    yield from faults_of_json(extradata, "/extradata")


def _faults_of_params(params: Any) -> Iterator[Fault]:
    for position, one in enumerate(params if isinstance(params, list) else ()):
        if not isinstance(one, dict):
            yield Fault(f"/watemplate/params/{position}", NOT_AN_OBJECT)
    yield from faults_of_json(params, "/watemplate/params")


def _faults_of_answer(answer: Mapping[str, Any], pointer: str = "/answer") -> Iterator[Fault]:
    yield from faults_of(answer, ANSWER, pointer)
    kind = answer.get("user_type")
    if isinstance(kind, str) and kind and kind.lower() not in USER_TYPES:
        yield Fault(f"{pointer}/user_type", f"must be one of: {', '.join(USER_TYPES)}")
    if bool(answer.get("user_type")) != bool(answer.get("user_id")):
        missing = "user_id" if answer.get("user_type") else "user_type"
        yield Fault(f"{pointer}/{missing}", HALF_A_USER)


def _faults_of_sender_address(address: Any) -> Iterator[Fault]:
    if isinstance(address, str) and address and not is_address(address):
        yield Fault("/msg/from", NO_ADDRESS)


def _faults_of_template_user(answer: Any) -> Iterator[Fault]:
    for name in ("user_type", "user_id"):
        if not (isinstance(answer, dict) and answer.get(name)):
            yield Fault(f"/answer/{name}", "is missing: a WhatsApp template is sent by a user")


def _attributes_of_template(template: WhatsappTemplate) -> dict[str, Any]:
    return {
        "elementname": template.element_name,
        "namespace": template.namespace,
        "params": list(template.params),
    }


def _attributes_of_attachment(attachment: NewAttachment) -> dict[str, Any]:
    attributes = {"content_type": attachment.content_type, "name": attachment.name}
    if attachment.content_id:
        attributes["content_id"] = attachment.content_id
    return dict(replace_unstorable(attributes))


def _faults_of_attachments(files: list[dict[str, Any]]) -> Iterator[Fault]:
    for place, file in enumerate(files):
        yield from faults_of(file, ATTACHMENT, f"/msg/attachments/{place}")


def _answer(given: Mapping[str, Any]) -> ErrandAnswer:
    texts = {name: given.get(name) or "" for name in ANSWER}
    return ErrandAnswer(**texts | {"user_type": texts["user_type"].lower()})  # as Cention has it


def _template(given: Mapping[str, Any]) -> WhatsappTemplate:
    return WhatsappTemplate(
        element_name=given["elementname"],
        namespace=given["namespace"],
        params=tuple(given.get("params") or ()),
    )
