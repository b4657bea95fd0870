"""Exports: having Cention make an export that somebody prepared there, and taking it home.

Source: Cention Export JSONAPI. Claim: "Access to export API".
"""

from __future__ import annotations

from typing import Any

from schemas.cention.exports import (
    TRIGGER_EXPORTS,
    ExportOrder,
    attributes_of,
    relationships_of,
)
from workers.clients import errors
from workers.clients.cention.jsonapi_client import JsonApiClient
from workers.clients.http import HttpApi


class ExportsApi:
    """What one token with the claim "Access to export API" may do.

    Its ``http`` needs the patience of minutes, for Cention is silent until the export is made, and
    a cap on the body that fits a large one.
    """

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._client = JsonApiClient(http, token=token)

    def run(self, order: ExportOrder) -> dict[str, Any]:
        """Have an export made, and return it as Cention sent it.

        Each call leaves another generated export behind at Cention, and there is no way to ask
        for one that was made. So never repeat it without a reason: of an ``ApiError`` for which
        ``outcome_is_unknown`` is true nobody knows whether Cention made it.
        """
        document = self._client.post(
            TRIGGER_EXPORTS, attributes_of(order), relationships=relationships_of(order)
        )
        if document is None:
            raise errors.InvalidResponse("no document", api=self._client.name, status=204)
        return document
