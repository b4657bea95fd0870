"""Contact cards: telling Cention by which addresses a person is known.

Source: Cention Contact Cards JSONAPI. Claim: "Access and create customer contacts".
"""

from __future__ import annotations

from typing import Any

from schemas.cention.contact_cards import ContactCard, contacts_in_card
from workers.clients.cention.jsonapi_client import JsonApiClient
from workers.clients.http import HttpApi

CONTACT_CARDS = "c3_contact_cards"


class ContactsApi:
    """What one token with the claim "Access and create customer contacts" may do."""

    def __init__(self, http: HttpApi, *, token: str) -> None:
        self._client = JsonApiClient(http, token=token)

    def upsert(self, card: ContactCard) -> dict[str, Any] | None:
        """Send one person's card; return the card that Cention has then, as it sent it.

        Cention looks for a card with any of the addresses and *appends* to the one it finds, else
        it makes one: what comes back may have an old id and more on it than was sent, and a wrong
        address cannot be taken back. Which card is found if the addresses are on two is nowhere
        said: send one person at a time. ``None`` if Cention answered without a document, so that
        the id is unknown. The status does not tell a new card from an old one.

        Safe to repeat: what is on the card already is not put there twice. Raises ``ApiError``.
        """
        return self._client.post(CONTACT_CARDS, {"contacts": contacts_in_card(card)})
