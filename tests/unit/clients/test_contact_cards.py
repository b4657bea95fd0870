from __future__ import annotations

import json

import pytest
import responses

from schemas.cention.contact_cards import contact_card
from workers.clients import errors
from workers.clients.cention.contact_cards import ContactsApi

URL = "https://api.example.test/s/demo/capi/json/c3_contact_cards"
CARD = contact_card({"email": ["ann@example.org"]}, name="Ann")


@pytest.fixture
def contacts(http):
    return ContactsApi(http, token="t0ken-of-the-workspace")


@pytest.mark.parametrize("status", [200, 201])
@responses.activate
def test_a_card_is_sent_without_an_id_and_the_answer_is_returned_unchanged(
    contacts, document, status
):
    answer = document("contact_card_response")
    responses.post(URL, json=answer, status=status)

    assert contacts.upsert(CARD) == answer

    [call] = responses.calls
    assert call.request.headers["Content-Type"] == "application/vnd.api+json"
    assert call.request.headers["Authorization"] == "Bearer t0ken-of-the-workspace"
    assert json.loads(call.request.body) == {
        "data": {
            "type": "c3_contact_cards",
            "attributes": {"contacts": {"email": ["ann@example.org"], "name": "Ann"}},
        }
    }


@pytest.mark.parametrize("status", [202, 204])
@responses.activate
def test_an_answer_without_a_document_returns_no_card(contacts, status):
    responses.post(URL, status=status)

    assert contacts.upsert(CARD) is None


@responses.activate
def test_a_body_of_the_wrong_types_is_a_permanent_error(contacts):
    responses.post(URL, status=406, json={"errors": [{"title": "Invalid type provided"}]})

    with pytest.raises(errors.BadRequest, match="Invalid type"):
        contacts.upsert(CARD)
