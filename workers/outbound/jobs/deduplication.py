"""Gives each order an idempotency key, so that it is sent once, however often it is requested."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

from schemas.cention.errand_orders import attributes_of_order
from schemas.cention.errands import ErrandOrder
from schemas.errors import DocumentError, Fault
from schemas.readable_content import Content

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedOrder:
    """An order with its message id, and digests of the id and of everything else in it.

    The types of attachments are not part of the digest: most are guessed from file names, which
    differs between machines, and the same list must give the same messages everywhere.
    """

    order: ErrandOrder
    message_sha256: bytes
    content_sha256: bytes

    def differs_from(self, content_sha256: bytes | None) -> bool:
        """Return whether the content sent before under the same id is known to differ."""
        return content_sha256 not in (None, self.content_sha256)


def identify(
    order: ErrandOrder, *, max_bytes: int, undigested: frozenset[str] = frozenset()
) -> IdentifiedOrder:
    """Return an order with a message id: its own, or one derived from its content.

    ``undigested``: members of extradata that are no part of the content, because an earlier release
    did not send them. Raises ``DocumentError`` for a wrong field, and for an attachment that is
    above ``max_bytes`` or unreadable.
    """
    attributes = attributes_of_order(order)
    attributes["msg"].pop("message_id")
    if undigested and isinstance(attributes.get("extradata"), dict):
        extradata = attributes.pop("extradata")
        if kept := {name: extradata[name] for name in extradata if name not in undigested}:
            attributes["extradata"] = kept
    for position, attachment in enumerate(order.errand.attachments):
        digest = _digest(attachment.content, position, max_bytes)
        file = attributes["msg"]["attachments"][position]
        del file["content_type"]
        file["sha256"] = digest
    content = hashlib.sha256(_canonical(attributes)).digest()
    return _identified(order, order.errand.message_id or f"bridge-{content.hex()[:40]}", content)


def identify_again(identified: IdentifiedOrder, sent_id: int) -> IdentifiedOrder:
    """Return an order as the one message that corrects request ``sent_id``, with an id of its own.

    The id is always the same, so the correction is sent once as well.
    """
    order = identified.order
    message_id = f"again-{sent_id}-{order.errand.message_id}"
    return _identified(order, message_id, identified.content_sha256)


def _identified(order: ErrandOrder, message_id: str, content_sha256: bytes) -> IdentifiedOrder:
    return IdentifiedOrder(
        order=replace(order, errand=replace(order.errand, message_id=message_id)),
        message_sha256=hashlib.sha256(message_id.encode()).digest(),
        content_sha256=content_sha256,
    )


def _canonical(attributes: Any) -> bytes:
    return json.dumps(attributes, sort_keys=True, ensure_ascii=False).encode()


def _digest(content: Content, position: int, max_bytes: int) -> str:
    pointer = f"/msg/attachments/{position}/content"
    if content.size_bytes > max_bytes:
        raise DocumentError(Fault(pointer, f"is larger than {max_bytes} bytes"))
    try:
        with content.open() as file:
            digest = hashlib.sha256()
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
            return digest.hexdigest()
    except OSError as error:
        raise DocumentError(Fault(pointer, f"cannot be read: {error.strerror}")) from error
