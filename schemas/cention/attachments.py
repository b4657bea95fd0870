"""Reads the metadata of attachments: names and types, without the content.

Source: Cention Callback, note on attachments (``c3_response_attachments``, ``c3_area_archives``);
Cention Library, attachments (``c3_library_attachments``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from schemas.jsonapi.document import open_document
from schemas.jsonapi.fields import Nested, Scalar, required
from schemas.jsonapi.marshmallow_reader import ResourceSchema, read
from schemas.jsonapi.scalars import optional_id, text


class AttachmentKind(StrEnum):
    """The kind of object that a file belongs to. Ids are unique only within a kind."""

    RESPONSE = "response"  # attached to an answer
    AREA_ARCHIVE = "area_archive"  # an image in the HTML of answers
    LIBRARY = "library"  # attached to a question of the library


RESOURCE_TYPES: Mapping[AttachmentKind, str] = MappingProxyType(
    {
        AttachmentKind.RESPONSE: "c3_response_attachments",
        AttachmentKind.AREA_ARCHIVE: "c3_area_archives",
        AttachmentKind.LIBRARY: "c3_library_attachments",
    }
)
# Names that servers used before April 2017, by the history of the vendor's SDK.
OLD_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "c3_responseattachment": "c3_response_attachments",
        "c3_areaarchive": "c3_area_archives",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentRef:
    """A file that a document refers to and does not contain."""

    kind: AttachmentKind
    attachment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentMeta:
    """Cention's metadata of a file. The texts are the sender's: never use them as a path."""

    attachment_id: int | None  # None if the document has none
    name: str | None
    content_type: str | None
    content_cid: str | None  # by which the HTML of an answer refers to it


def read_attachment(document: Mapping[str, Any], kind: AttachmentKind) -> AttachmentMeta:
    """Return the metadata of a file of ``kind``; the content is not read.

    Raises ``NullResource`` for ``"data": null``, else ``DocumentError``.
    """
    resource = open_document(document, renamed=OLD_TYPES).primary
    expected = RESOURCE_TYPES[kind]
    if resource.type != expected:
        raise resource.error_at("type", f"must be {expected}")
    found = read(_AttachmentSchema, resource)
    attachment = found["attachment"]
    return AttachmentMeta(
        attachment_id=found["id"] or attachment["c3_id"],
        name=attachment["name"],
        content_type=attachment["content_type"],
        content_cid=attachment["content_id"],
    )


class _Attachment(Nested):
    c3_id = Scalar(optional_id)
    name = Scalar(text)
    content_type = Scalar(text)
    content_id = Scalar(text)


class _AttachmentSchema(ResourceSchema):
    id = Scalar(optional_id)
    attachment = required(_Attachment)
