"""Sends contact cards: the addresses by which a person is known.

Source: Cention Contact Cards JSONAPI. Claim: "Access and create customer contacts".
"""

from __future__ import annotations

from typing import Any

from schemas.cention.contact_cards import ContactCard, contacts_in_card
from workers.clients.cention.jsonapi_client import JsonApiClient
from workers.clients.http import HttpApi

CONTACT_CARDS = "c3_contact_cards"


class ContactsApi:
    """The API of the claim "Access and create customer contacts"."""

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._client = JsonApiClient(http, token=token)

    def upsert(self, card: ContactCard) -> dict[str, Any] | None:
        """Send one person's card; return Cention's card as it sent it.

        Cention searches for a card with any of the addresses and *appends* to it, or makes a new
        one. So the result may have an old id and more entries than were sent, and a wrong address
        cannot be removed. Which card it takes if two have the addresses is not documented: send
        one person at a time. ``None`` if Cention answered without a document, so that the id is
        unknown. The status does not distinguish a new card from an old one.

        Safe to repeat: Cention adds no entry twice. Raises ``ApiError``.
        """
        return self._client.post(CONTACT_CARDS, {"contacts": contacts_in_card(card)})
