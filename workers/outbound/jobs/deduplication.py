"""What tells one message from all others, so that it is sent once however often one asks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from schemas.cention.errand_orders import attributes_of_order
from schemas.cention.errands import ErrandOrder
from schemas.errors import DocumentError, Fault
from schemas.readable_content import Content

PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An order with its message id, and digests of that and of everything else in it.

    But not of the types of attachments: most are guessed by their names, as the machine knows them,
    and a list imported on another machine must not become other messages.
    """

    order: ErrandOrder
    message_sha256: bytes
    content_sha256: bytes

    def differs_from(self, content_sha256: bytes | None) -> bool:
        """Tell whether what was sent under its id says something else, as far as that is known."""
        return content_sha256 not in (None, self.content_sha256)


def message_of(order: ErrandOrder, *, max_bytes: int) -> Message:
    """Return an order with a message id: its own, or one made of all that it says.

    Raises ``DocumentError`` for a wrong field, and for an attachment above ``max_bytes`` or that
    cannot be read.
    """
    attributes = attributes_of_order(order)
    attributes["msg"].pop("message_id")
    for place, attachment in enumerate(order.errand.attachments):
        digest = _digest(attachment.content, place, max_bytes)
        file = attributes["msg"]["attachments"][place]
        del file["content_type"]
        file["sha256"] = digest
    content = hashlib.sha256(_canonical(attributes)).digest()
    message_id = order.errand.message_id or f"bridge-{content.hex()[:40]}"
    return Message(
        order=replace(order, errand=replace(order.errand, message_id=message_id)),
        message_sha256=hashlib.sha256(message_id.encode()).digest(),
        content_sha256=content,
    )


def _canonical(attributes: Any) -> bytes:
    return json.dumps(attributes, sort_keys=True, ensure_ascii=False).encode()


def _digest(content: Content, place: int, max_bytes: int) -> str:
    pointer = f"/msg/attachments/{place}/content"
    if content.size_bytes > max_bytes:
        raise DocumentError(Fault(pointer, f"is larger than {max_bytes} bytes"))
    try:
        with content.open() as file:
            digest = hashlib.sha256()
            while piece := file.read(PIECE_BYTES):
                digest.update(piece)
            return digest.hexdigest()
    except OSError as error:
        raise DocumentError(Fault(pointer, f"cannot be read: {error.strerror}")) from error
