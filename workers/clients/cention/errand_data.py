"""Errand reports, Facebook ratings, and the lists of those that changed.

Source: Cention Errand Report. Claim: "Access to errand data".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.request_validation import MAX_SAFE_INTEGER
from workers.clients.cention.jsonapi_client import JsonApiClient
from workers.clients.http import HttpApi

MARK_AT_ONCE = 500


class ErrandDataApi:
    """What one token with the claim "Access to errand data" may do.

    Every method raises ``ApiError``. Documents are returned as Cention sent them.
    """

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._client = JsonApiClient(http, token=token)

    def changed_errands(self) -> dict[str, Any]:
        """Return the list of errands that changed since each was last fetched.

        Unpaged, and possibly everything there ever was. Asking clears nothing.
        """
        return self._client.get("c3_dirty_errand_list")

    def changed_facebook_ratings(self) -> dict[str, Any]:
        """Return the list of ratings that changed since each was last fetched. Clears nothing."""
        return self._client.get("c3_dirty_facebook_ratings")

    def fetch_report(self, errand_id: int) -> dict[str, Any]:
        """Return the report of one errand.

        Fetching clears the errand's mark as changed at Cention, probably even when it fails over
        there: whoever calls this must still know the id until the answer is kept.
        """
        return self._client.get("c3_errand_reports", errand_id)

    def fetch_facebook_rating(self, rating_id: int) -> dict[str, Any]:
        """Return one rating.

        Fetching clears its mark as changed at Cention, and nothing can set that again.
        """
        return self._client.get("c3_facebook_ratings", rating_id)

    def mark_changed(self, errand_ids: Sequence[int]) -> None:
        """Put errands on the list of changed ones, 500 at a time. Safe to repeat.

        When it fails, those before may be marked already. Raises ``ValueError`` before sending
        anything if an id is no whole number from 1 to 2**53 - 1.
        """
        for errand_id in errand_ids:
            if type(errand_id) is not int or not 1 <= errand_id <= MAX_SAFE_INTEGER:
                raise ValueError("an errand id is a whole number from 1 to 2**53 - 1")
        for first in range(0, len(errand_ids), MARK_AT_ONCE):
            errands = list(errand_ids[first : first + MARK_AT_ONCE])
            self._client.post("c3_dirty_errand_list", {"errands": errands})

    def probe(self) -> None:
        """Find out whether Cention is there and takes the token. Clears nothing."""
        self.changed_errands()
