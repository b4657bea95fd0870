"""Contact cards: a POST creates a card, or adds to the card that has one of the addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.sandbox.http.replies import Reply, created_reply
from deploy.sandbox.http.request_body import NotDecodable, posted_attributes
from deploy.sandbox.http.routes import Request, ResourceRoutes
from deploy.sandbox.resources.documents import resource
from deploy.sandbox.world.world import World

TYPE = "c3_contact_cards"
CHANNELS = ("email", "facebook", "vk", "line", "voice")


class Cards:
    """The cards of the workspace, by id."""

    def __init__(self, world: World) -> None:
        self._ids = world.ids
        self.by_id: dict[int, dict[str, Any]] = {}

    def upsert(self, contacts: Mapping[str, Any]) -> int:
        """Add to the oldest card with one of the addresses, or create a card; return its id."""
        card_id = next(
            (i for i, card in self.by_id.items() if _share_address(card, contacts)), None
        )
        if card_id is None:
            card_id = self._ids.take(TYPE)
            self.by_id[card_id] = {}
        card = self.by_id[card_id]
        for channel in (*CHANNELS, "custom"):
            has = card.get(channel, [])
            more = [one for one in contacts.get(channel) or () if one not in has]
            if has or more:
                card[channel] = has + more
        if contacts.get("name"):
            card["name"] = contacts["name"]
        return card_id


def upsert(request: Request) -> Reply:
    """Answer 201, for a new card or an old one, with its full contents."""
    contacts = posted_attributes(request.body, TYPE).get("contacts", {})
    check(contacts)
    cards = request.world.state(Cards)
    card_id = cards.upsert(contacts)
    attributes = {"c3_id": card_id, "contacts": cards.by_id[card_id]}
    return created_reply(resource(TYPE, card_id, attributes), TYPE, card_id)


def check(contacts: Any) -> None:
    """Check that contacts are of the documented types. Raises ``NotDecodable``."""
    texts = isinstance(contacts, dict) and all(
        isinstance(contacts.get(channel) or [], list)
        and all(isinstance(one, str) for one in contacts.get(channel) or [])
        for channel in CHANNELS
    )
    custom = texts and all(
        isinstance(one, dict) and all(isinstance(value, str) for value in one.values())
        for one in contacts.get("custom") or []
    )
    if not custom or not isinstance(contacts.get("name") or "", str):
        raise NotDecodable("Invalid type provided")


def _share_address(card: Mapping[str, Any], contacts: Mapping[str, Any]) -> bool:
    return any(
        set(card.get(channel, ())) & set(contacts.get(channel) or ()) for channel in CHANNELS
    )


def expected_cards(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Return every card by id."""
    return {str(card_id): card for card_id, card in world.state(Cards).by_id.items()}


RESOURCE_ROUTES = ResourceRoutes(
    routes={("POST", f"capi/json/{TYPE}"): upsert},
    controls={("GET", "truth/contact_cards"): expected_cards},
)
