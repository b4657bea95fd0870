"""Errand reports, Facebook ratings, and the lists of those that changed.

Source: Cention Errand Report. Claim: "Access to errand data".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.request_validation import MAX_SAFE_INTEGER
from workers.clients.async_http import AsyncHttpApi
from workers.clients.cention.jsonapi_client import AsyncJsonApiClient, JsonApiClient
from workers.clients.http import HttpApi

MARK_AT_ONCE = 500
CHANGED_ERRANDS = "c3_dirty_errand_list"
CHANGED_RATINGS = "c3_dirty_facebook_ratings"
REPORTS = "c3_errand_reports"
RATINGS = "c3_facebook_ratings"


class ErrandDataApi:
    """The API of the claim "Access to errand data".

    Every method raises ``ApiError``. Documents are returned as Cention sent them.
    """

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._client = JsonApiClient(http, token=token)

    def changed_errands(self) -> dict[str, Any]:
        """Return the list of errands that changed since each was last fetched.

        Unpaged, and possibly every errand there ever was. Reading it clears nothing.
        """
        return self._client.get(CHANGED_ERRANDS)

    def changed_facebook_ratings(self) -> dict[str, Any]:
        """Return the list of ratings that changed since each was last fetched. Clears nothing."""
        return self._client.get(CHANGED_RATINGS)

    def fetch_report(self, errand_id: int) -> dict[str, Any]:
        """Return the report of one errand.

        Fetching clears the errand's change flag at Cention, probably even if it fails there:
        the caller must have stored the id before, and keep it until the report is stored.
        """
        return self._client.get(REPORTS, errand_id)

    def fetch_facebook_rating(self, rating_id: int) -> dict[str, Any]:
        """Return one rating.

        Fetching clears its change flag at Cention, and there is no way to set it again.
        """
        return self._client.get(RATINGS, rating_id)

    def mark_changed(self, errand_ids: Sequence[int]) -> None:
        """Set the change flag of errands, 500 per request. Safe to repeat.

        If it fails, some flags may already be set. Raises ``ValueError`` before sending anything if
        an id is not a whole number from 1 to 2**53 - 1.
        """
        for errand_id in errand_ids:
            if type(errand_id) is not int or not 1 <= errand_id <= MAX_SAFE_INTEGER:
                raise ValueError("an errand id is a whole number from 1 to 2**53 - 1")
        for first in range(0, len(errand_ids), MARK_AT_ONCE):
            errands = list(errand_ids[first : first + MARK_AT_ONCE])
            self._client.post(CHANGED_ERRANDS, {"errands": errands})

    def probe(self) -> None:
        """Check that Cention is reachable and accepts the token. Clears nothing."""
        self.changed_errands()


class ErrandDocuments:
    """The fetches of ``ErrandDataApi``, many at once on an event loop, for polls and drains."""

    def __init__(self, http: AsyncHttpApi, *, token: str) -> None:
        self._client = AsyncJsonApiClient(http, token=token)

    async def changed_errands(self) -> dict[str, Any]:
        """Do as ``ErrandDataApi.changed_errands``."""
        return await self._client.get(CHANGED_ERRANDS)

    async def changed_facebook_ratings(self) -> dict[str, Any]:
        """Do as ``ErrandDataApi.changed_facebook_ratings``."""
        return await self._client.get(CHANGED_RATINGS)

    async def fetch_report(self, errand_id: int) -> dict[str, Any]:
        """Do as ``ErrandDataApi.fetch_report``."""
        return await self._client.get(REPORTS, errand_id)

    async def fetch_facebook_rating(self, rating_id: int) -> dict[str, Any]:
        """Do as ``ErrandDataApi.fetch_facebook_rating``."""
        return await self._client.get(RATINGS, rating_id)
