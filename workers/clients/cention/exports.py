"""Runs exports that are defined in Cention, and returns them.

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
    """The API of the claim "Access to export API".

    ``http`` needs timeouts of minutes, because Cention sends nothing until the export is made, and
    a limit on the body that suits a large one.
    """

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._client = JsonApiClient(http, token=token)

    def run(self, order: ExportOrder) -> dict[str, Any]:
        """Run an export, and return it as Cention sent it.

        Each call leaves another generated export at Cention, and there is no way to fetch an
        earlier one. So do not repeat it without a reason: after an ``ApiError`` for which
        ``outcome_is_unknown`` is true, Cention may have made the export.
        """
        document = self._client.post(
            TRIGGER_EXPORTS, attributes_of(order), relationships=relationships_of(order)
        )
        if document is None:
            raise errors.InvalidResponse("no document", api=self._client.name, status=204)
        return document
