"""Orders to create and close errands and to end calls, and the answers to them.

Source: Cention Create Errand, Close Errand, End Outbound Call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError

from schemas.jsonapi.document import open_document
from schemas.jsonapi.scalars import required_id
from schemas.readable_content import Content

END = "c3_end_errands"
END_CALL = "c3_end_obcall"
END_CALL_TYPES = (END, END_CALL)  # of the end of a call: as documented; as the resource is called


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAttachment:
    """A file of an errand."""

    name: str
    content_type: str  # a media type
    content: Content = field(repr=False)
    content_id: str | None = None  # HTML refers to it as ``cid:…``


@dataclass(frozen=True, slots=True, kw_only=True)
class NewErrand:
    """A message to be created as an errand, in the channel and area of the token."""

    from_address: str = ""  # an e-mail address in the e-mail and form channels
    name: str = ""  # of the sender
    subject: str = ""
    body: str = field(default="", repr=False)
    html_body: str = field(default="", repr=False)  # e-mail and form channels only
    message_id: str = ""  # identifies the message, so it must be unique
    attachments: tuple[NewAttachment, ...] = ()
    extradata: Any = field(default=None, repr=False)  # any JSON; None for none
    integration_data: Mapping[str, Any] | None = field(default=None, repr=False)  # of a call
    cuid: str | None = field(default=None, repr=False)  # a passport number, or the like


USER_TYPES = ("cention", "solidus", "clearinteract")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandAnswer:
    """The answer that closes an errand, and its author; both user fields empty: the system."""

    user_type: str = ""  # one of USER_TYPES
    user_id: str = ""
    subject: str = ""
    body: str = field(default="", repr=False)
    html_body: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsappTemplate:
    """A message template that WhatsApp has approved, and its parameters."""

    element_name: str
    namespace: str
    params: tuple[Any, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandOrder:
    """An errand to be created: open, closed with an answer, or sent as a WhatsApp template."""

    errand: NewErrand
    answer: ErrandAnswer | None = None
    template: WhatsappTemplate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCall:
    """An outbound call that is over."""

    device_id: int
    extension_id: int
    dialed_number: str | None = None
    integration_name: str = "aventa"


def read_created(document: Mapping[str, Any]) -> int:
    """Return the id of a created errand. Raises ``DocumentError``."""
    resource = open_document(document).primary
    try:
        return required_id(resource.body.get("id"))
    except ValidationError as error:
        raise resource.error_at("id", error.messages[0]) from error
