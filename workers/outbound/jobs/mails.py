"""Reads ``.eml`` files, and converts mails to errands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from schemas.cention.errand_orders import read_order
from schemas.cention.errands import ErrandOrder, NewAttachment
from schemas.mails import MailFile, read_mail
from workers.clients.cention.outgoing_files import BytesContent

LATER_HEADERS = frozenset({"reply_to", "references"})
"""Members of extradata that earlier releases did not send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMail:
    """The bytes of one mail; ``content`` is ``None`` if it was too large."""

    place: str
    content: bytes | None = field(repr=False)


def mail_of_eml(path: Path, *, max_bytes: int) -> Iterator[RawMail]:
    """Yield the one mail of a file. Raises ``OSError``."""
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    yield RawMail(place="message 1", content=content if len(content) <= max_bytes else None)


def order_of_mail(raw: RawMail) -> ErrandOrder:
    """Return a mail as an errand; headers without a field of their own go into extradata.

    Raises ``ValueError``, also as ``DocumentError``.
    """
    if raw.content is None:
        raise ValueError("is too large: see ATTACHMENT_MAX_BYTES")
    mail = read_mail(raw.content)
    message = {
        "message_id": mail.message_id,
        "from": mail.from_address,
        "name": mail.from_name,
        "subject": mail.subject,
        "body": mail.body,
        "html_body": mail.html_body,
    }
    files = tuple(map(_attachment, mail.files))
    return read_order({"msg": message, "extradata": mail.headers or None}, files)


def _attachment(file: MailFile) -> NewAttachment:
    return NewAttachment(
        name=file.name,
        content_type=file.content_type,
        content_id=file.content_id,
        content=BytesContent(file.content),
    )
