"""Creates and closes errands, and reports the end of calls.

Source: Cention Create Errand, Close Errand, End Outbound Call. Claim: "Create errand"; a token is
made for one channel and area or account, and its errands go there.

None of these is safe to repeat. After ``Unreachable``, any 4xx, a redirection, and ``Busy`` with
429, or with 503 and a ``Retry-After``, nothing was done. After ``IncompleteResponse``,
``InvalidResponse``, ``TooLarge``, and every other ``Busy``, the outcome is unknown; see
``errors.outcome_is_unknown``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schemas.cention.errand_orders import (
    attributes_of_call,
    attributes_of_closing,
    attributes_of_order,
)
from schemas.cention.errands import (
    END,
    END_CALL,
    END_CALL_TYPES,
    EndedCall,
    ErrandAnswer,
    ErrandOrder,
    NewErrand,
    WhatsappTemplate,
    read_created,
)
from schemas.errors import DocumentError
from workers.clients import errors
from workers.clients.cention.jsonapi_client import JsonApiClient
from workers.clients.http import Answer, HttpApi
from workers.clients.streaming.json_upload import Base64

NEW = "c3_new_errands"

_CREATED = 201
_WRONG_TYPE = frozenset({406, 409})


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A created errand; the id is ``None`` if Cention did not return it."""

    errand_id: int | None


class ErrandsApi:
    """The API of the claim "Create errand".

    Every method raises ``ApiError``, and ``DocumentError``, which names each wrong field, before
    anything is sent. Contents of attachments are read while they are sent.
    """

    def __init__(self, http: HttpApi, *, token: str, end_call_type: str = END) -> None:
        """``end_call_type``: the ``data.type`` that ``end_call`` tries first."""
        self._client = JsonApiClient(http, token=token)
        self._end_call_type = end_call_type

    def create(self, errand: NewErrand) -> Created:
        """Create an open errand. Each call creates another one."""
        return self.create_order(ErrandOrder(errand=errand))

    def create_closed(self, errand: NewErrand, answer: ErrandAnswer) -> Created:
        """Create an errand that is already answered and closed; agents do not see it as new."""
        return self.create_order(ErrandOrder(errand=errand, answer=answer))

    def send_template(
        self, errand: NewErrand, template: WhatsappTemplate, *, sender: ErrandAnswer
    ) -> Created:
        """Send a WhatsApp template as an errand; ``sender`` needs only the user."""
        return self.create_order(ErrandOrder(errand=errand, answer=sender, template=template))

    def create_order(self, order: ErrandOrder) -> Created:
        """Create the errand of ``order``."""
        attributes = attributes_of_order(order)
        files: list[dict[str, Any]] = attributes["msg"].get("attachments", [])
        for file, attachment in zip(files, order.errand.attachments, strict=True):
            file["content"] = Base64(attachment.content)
        return self._created(self._client.send(NEW, attributes))

    def close(self, errand_id: int, answer: ErrandAnswer) -> None:
        """Close an errand with an answer whose texts may be empty.

        Raises ``NotFound`` if there is no such errand. What Cention does with an errand that is
        closed already is not documented.
        """
        self._client.document(self._client.send(END, attributes_of_closing(errand_id, answer)))

    def end_call(self, call: EndedCall) -> None:
        """Report the end of an outbound call.

        Cention documents ``data.type`` as that of another resource. If that is refused, nothing
        was done, and the type of the resource itself is tried once.
        """
        attributes = attributes_of_call(call)
        first, second = sorted(END_CALL_TYPES, key=lambda type_: type_ != self._end_call_type)
        try:
            answer = self._client.send(first, attributes, under=END_CALL)
        except errors.BadRequest as refusal:
            if refusal.status not in _WRONG_TYPE:
                raise
            answer = self._client.send(second, attributes, under=END_CALL)
        self._client.document(answer)

    def _created(self, answer: Answer) -> Created:
        """Return the id in a response. A 201 means success even without an id; a 200 needs it."""
        try:
            document = self._client.document(answer)
            return Created(errand_id=None if document is None else read_created(document))
        except (errors.InvalidResponse, errors.IncompleteResponse, DocumentError) as error:
            if answer.status == _CREATED:
                return Created(errand_id=None)
            if isinstance(error, errors.IncompleteResponse):
                raise
            raise errors.InvalidResponse(
                "no errand in the answer", api=self._client.name, status=answer.status
            ) from None
