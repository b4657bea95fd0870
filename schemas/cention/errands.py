"""Errands to be created and closed, calls that ended, and what comes back of them.

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
    content_id: str | None = None  # by which HTML refers to it: ``cid:…``


@dataclass(frozen=True, slots=True, kw_only=True)
class NewErrand:
    """A message that becomes an errand, in the channel and area of the token."""

    from_address: str = ""  # an e-mail address if it is an e-mail or a form
    name: str = ""  # of the writer
    subject: str = ""
    body: str = field(default="", repr=False)
    html_body: str = field(default="", repr=False)  # e-mail and form channels only
    message_id: str = ""  # tells the message from all others; give each its own
    attachments: tuple[NewAttachment, ...] = ()
    extradata: Any = field(default=None, repr=False)  # any JSON; None for none
    integration_data: Mapping[str, Any] | None = field(default=None, repr=False)  # of a call
    cuid: str | None = field(default=None, repr=False)  # a passport number, or the like


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandAnswer:
    """What closes an errand, and who did; both user fields empty: the system."""

    user_type: str = ""  # cention, solidus or clearinteract
    user_id: str = ""
    subject: str = ""
    body: str = field(default="", repr=False)
    html_body: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsappTemplate:
    """A message that WhatsApp has approved, and what is put into its places."""

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
    """Return the id of the errand that a create has made. Raises ``DocumentError``."""
    resource = open_document(document).primary
    try:
        return required_id(resource.body.get("id"))
    except ValidationError as error:
        raise resource.fault("id", error.messages[0]) from error
