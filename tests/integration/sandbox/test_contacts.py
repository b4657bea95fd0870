"""Contact cards: a POST adds to a card, and removes nothing."""

from __future__ import annotations

import json

import pytest

TYPE = "c3_contact_cards"


def send(cention, contacts, **data):
    document = {"data": {"type": TYPE, "attributes": {"contacts": contacts}, **data}}
    return cention.api(TYPE, "POST", data=json.dumps(document))


def card(cention, contacts):
    response = send(cention, contacts)
    assert response.status_code == 201
    data = response.json()["data"]
    assert data["attributes"]["c3_id"] == int(data["id"])
    return int(data["id"]), data["attributes"]["contacts"]


def test_a_new_card_is_returned_with_an_id(cention):
    card_id, contacts = card(cention, {"email": ["a@b.c"], "name": "Ann"})

    assert card_id > 0
    assert contacts == {"email": ["a@b.c"], "name": "Ann"}
    assert cention.control("truth/contact_cards") == {str(card_id): contacts}


@pytest.mark.parametrize("channel", ["email", "facebook", "vk", "line", "voice"])
def test_contacts_are_added_to_the_card_with_any_of_the_addresses(cention, channel):
    first, _ = card(cention, {channel: ["one", "two"]})

    second, contacts = card(
        cention,
        {channel: ["two", "three"], "name": "Ann", "custom": [{"label": "a", "value": "b"}]},
    )

    assert second == first
    assert contacts == {
        channel: ["one", "two", "three"],
        "name": "Ann",
        "custom": [{"label": "a", "value": "b"}],
    }


def test_contacts_without_a_known_address_make_a_new_card(cention):
    first, _ = card(cention, {"email": ["a@b.c"]})
    second, _ = card(cention, {"voice": ["a@b.c"], "name": "Ann"})

    assert first != second


@pytest.mark.parametrize(
    "contacts",
    [{"email": "a@b.c"}, {"email": [1]}, {"name": 5}, [], {"custom": [{"label": 1}]}],
)
def test_a_value_of_the_wrong_type_is_406(cention, contacts):
    assert send(cention, contacts).status_code == 406
    assert cention.control("truth/contact_cards") == {}


def test_the_type_is_checked_only_if_there_is_an_id(cention):
    assert send(cention, {"email": ["a@b.c"]}, type="c3_contacts").status_code == 201
    assert send(cention, {"email": ["a@b.c"]}, type="c3_contacts", id="1").status_code == 406


def test_a_card_is_stored_although_the_answer_is_lost(cention):
    cention.control("faults", {"error_500": {"times": 1}})

    assert send(cention, {"email": ["a@b.c"]}).status_code == 500
    assert len(cention.control("truth/contact_cards")) == 1
