"""Contact cards: the request to Cention, and the record read from its answer."""

from __future__ import annotations

import pytest

from schemas.cention.contact_cards import (
    CHANNELS,
    ContactCard,
    CustomField,
    contact_card,
    contacts_in_card,
    read_contact_card,
    warnings_for,
)
from schemas.errors import DocumentError, NullResource

ANN = {"email": ["ann@example.org"]}


def answered(contacts, **attributes):
    return {
        "data": {
            "type": "c3_contact_cards",
            "id": "13",
            "attributes": {"c3_id": 13, "contacts": contacts, **attributes},
        }
    }


def test_the_sample_of_the_documentation_is_what_is_sent(document):
    card = contact_card(
        {
            "email": ["tester.c3@cention.se", "tester.c3.2@cention.se"],
            "facebook": ["12345@facebook.com"],
        },
        name="Tester Cention",
    )

    sample = document("contact_card_request")["data"]["attributes"]
    assert {"contacts": contacts_in_card(card)} == sample
    assert warnings_for(card) == ()


def test_the_sample_of_the_documentation_is_read(document):
    stored = read_contact_card(document("contact_card_response"))

    assert stored.card_id == 13
    assert stored.card == ContactCard(
        name="Tester Cention",
        email=("tester.c3@cention.se", "tester.c3.2@cention.se"),
        facebook=("12345@facebook.com",),
    )


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_channel_is_sent_and_read_as_a_list_of_texts(channel):
    card = contact_card({channel: ["+46701234567"]})

    assert contacts_in_card(card) == {channel: ["+46701234567"]}
    assert read_contact_card(answered(contacts_in_card(card))).card == card


def test_custom_fields_are_sent_and_read_as_labels_with_values():
    card = contact_card(ANN, custom=[("Customer no", "AB-1"), ("Club", "gold")])

    assert contacts_in_card(card)["custom"] == [
        {"label": "Customer no", "value": "AB-1"},
        {"label": "Club", "value": "gold"},
    ]
    assert read_contact_card(answered(contacts_in_card(card))).card == card


@pytest.mark.parametrize(
    "answer",
    [answered({**ANN, "name": "Ann"}), answered(ANN, name="Ann")],
    ids=["within contacts, as in the sample", "beside contacts, as in the table"],
)
def test_the_name_is_read_from_either_place(answer):
    assert read_contact_card(answer).card.name == "Ann"


@pytest.mark.parametrize("inside", [True, False])
def test_custom_fields_are_read_from_either_place(inside):
    custom = [{"label": "Customer no", "value": 17}]
    answer = answered({**ANN, "custom": custom}) if inside else answered(ANN, custom=custom)

    assert read_contact_card(answer).card.custom == (CustomField(label="Customer no", value="17"),)


def test_repeats_empty_texts_and_surrounding_space_are_removed():
    card = contact_card(
        {
            "email": [" Ann@example.org", "", "ann@EXAMPLE.org ", "  ", "b@example.org"],
            "vk": ["centionvk-cc-1", "centionvk-CC-1"],
        },
        name="  ",
        custom=[("Club", " gold "), ("Club", "gold"), ("Empty", "")],
    )

    assert card.email == ("Ann@example.org", "b@example.org")
    assert card.vk == ("centionvk-cc-1", "centionvk-CC-1")
    assert card.name is None
    assert card.custom == (CustomField(label="Club", value="gold"),)
    assert "name" not in contacts_in_card(card)


@pytest.mark.parametrize(
    ("channel", "good", "odd"),
    [
        ("email", "ann@example.org", "ann.example"),
        ("facebook", "987@facebook.com", "987"),
        ("vk", "centionvk-cc-987", "987"),
        ("line", "centionline-c987", "c987"),
        ("voice", "+46 70-123 45 67", "0701234567"),
    ],
)
def test_an_address_of_an_unusual_form_causes_a_warning_and_is_sent(channel, good, odd):
    card = contact_card({channel: [good, odd]})

    [doubt] = warnings_for(card)
    assert doubt.pointer == f"/contacts/{channel}/1"
    assert odd not in doubt.detail
    assert contacts_in_card(card) == {channel: [good, odd]}


@pytest.mark.parametrize(
    ("contacts", "more", "pointer"),
    [
        ({}, {"name": "Ann"}, "/contacts"),
        ({"email": [" "]}, {}, "/contacts"),
        ({"fax": ["1"]}, {}, "/contacts/fax"),
        ({"email": ["a@b.c", "x\x00@b.c"]}, {}, "/contacts/email/1"),
        ({"email": ["x\ud800@b.c"]}, {}, "/contacts/email/0"),
        (ANN, {"name": "An\nn"}, "/contacts/name"),
        (ANN, {"custom": [("", "gold")]}, "/contacts/custom/0/label"),
        (ANN, {"custom": [("Cl\tub", "gold")]}, "/contacts/custom/0/label"),
        (ANN, {"custom": [("Club", "go\x07ld")]}, "/contacts/custom/0/value"),
    ],
)
def test_an_invalid_value_is_reported_with_its_pointer(contacts, more, pointer):
    with pytest.raises(DocumentError) as raised:
        contact_card(contacts, **more)

    assert [fault.pointer for fault in raised.value.faults] == [pointer]


@pytest.mark.parametrize("contacts", [None, {}, {"email": None}, {"email": []}])
def test_an_answer_may_omit_empty_members(contacts):
    assert read_contact_card(answered(contacts)).card == ContactCard()


def test_one_address_without_a_list_is_read_as_well():
    assert read_contact_card(answered({"voice": "+467"})).card.voice == ("+467",)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"data": {"type": "c3_contact_cards", "attributes": {}}}, "/data/id"),
        ({"data": {"type": "c3_contacts", "id": "1"}}, "/data/type"),
        (answered([]), "/data/attributes/contacts"),
        (answered({"email": [[]]}), "/data/attributes/contacts/email"),
        (answered({"custom": [{"value": "1"}]}), "/data/attributes/contacts/custom/0/label"),
    ],
)
def test_a_fault_of_an_answer_is_reported_with_its_pointer(wrong, pointer):
    with pytest.raises(DocumentError) as raised:
        read_contact_card(wrong)

    assert raised.value.faults[0].pointer == pointer


def test_an_answer_with_null_data_is_a_null_resource():
    with pytest.raises(NullResource):
        read_contact_card({"data": None})
