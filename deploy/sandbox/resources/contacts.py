"""Contact cards: a POST creates a card, or adds to the card that has one of the addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.sandbox.http.go_types import ListOf, Struct, Text
from deploy.sandbox.http.request_body import read_posted
from deploy.sandbox.http.routes import Created, Request, Resource, ResourceRoutes
from deploy.sandbox.resources.documents import resource
from deploy.sandbox.world.world import World

TYPE = "c3_contact_cards"
CHANNELS = ("email", "facebook", "vk", "line", "voice")
CONTACTS = Struct(
    {
        **dict.fromkeys(CHANNELS, ListOf(Text())),
        "name": Text(),
        "custom": ListOf(Struct({"label": Text(), "value": Text()})),
    }
)


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


def upsert(request: Request) -> Created:
    """Answer with the full contents of the card, for a new card or an old one."""
    contacts = read_posted(request.body, TYPE, {"contacts": CONTACTS}).attributes.get(
        "contacts", {}
    )
    cards = request.world.state(Cards)
    card_id = cards.upsert(contacts)
    attributes = {"c3_id": card_id, "contacts": cards.by_id[card_id]}
    return Created(remote_id=card_id, document=resource(TYPE, card_id, attributes))


def _share_address(card: Mapping[str, Any], contacts: Mapping[str, Any]) -> bool:
    return any(
        set(card.get(channel, ())) & set(contacts.get(channel) or ()) for channel in CHANNELS
    )


def expected_cards(world: World, _query: Mapping[str, Any]) -> dict[str, Any]:
    """Return every card by id."""
    return {str(card_id): card for card_id, card in world.state(Cards).by_id.items()}


RESOURCE_ROUTES = ResourceRoutes(
    resources=(Resource(type=TYPE, create=upsert),),
    controls={("GET", "truth/contact_cards"): expected_cards},
)
