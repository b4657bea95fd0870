from __future__ import annotations

import pytest

from schemas.errors import DocumentError
from schemas.surveys.digidesk import SurveyRequest, body_of_request, read_answer

OWN = {"Invitation": "r-1", "Errand": "2256"}


def survey_request(**chosen) -> SurveyRequest:
    needed = {
        "customer_contact": "john.smith@email.com",
        "campaign_name": "My Survey Campaign",
        "reference": "r-1",
        "display_id": "2256",
    }
    return SurveyRequest(**{**needed, **chosen})


def faults_of(**chosen) -> dict[str, str]:
    with pytest.raises(DocumentError) as raised:
        body_of_request(survey_request(**chosen))
    return {fault.pointer: fault.detail for fault in raised.value.faults}


def pairs(number: int) -> dict[str, str]:
    return {f"Heading {position}": "a value" for position in range(number)}


def test_the_documented_sample_is_sent_with_our_reference_beside_its_pair():
    """Source: DigiDesk API Post Specification, Example request."""
    request = survey_request(
        customer_name="John Smith",
        account_number="ABC123",
        agent_name="A.N. Agent",
        misc_data={"Contact Reason": "Billing enquiry"},
    )

    assert body_of_request(request) == {
        "customer_contact": "john.smith@email.com",
        "campaign_name": "My Survey Campaign",
        "customer_name": "John Smith",
        "account_number": "ABC123",
        "agent_name": "A.N. Agent",
        "misc_data": {**OWN, "Contact Reason": "Billing enquiry"},
    }


@pytest.mark.parametrize("absent", [None, "", " \n"])
def test_optional_fields_that_are_empty_are_left_out(absent):
    request = survey_request(customer_name=absent, account_number=absent, agent_name=absent)

    assert body_of_request(request) == {
        "customer_contact": "john.smith@email.com",
        "campaign_name": "My Survey Campaign",
        "misc_data": OWN,
    }


@pytest.mark.parametrize("name", ["customer_contact", "campaign_name"])
@pytest.mark.parametrize(
    ("value", "detail"), [("", "is empty"), ("  ", "is empty"), (None, "is missing")]
)
def test_contact_and_campaign_are_required(name, value, detail):
    assert faults_of(**{name: value}) == {f"/{name}": detail}


@pytest.mark.parametrize(
    "name",
    ["customer_contact", "campaign_name", "customer_name", "account_number", "agent_name"],
)
@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("ö" * 251, "has more than 250 characters"),
        ("a\nb", "holds a control character"),
        ("half \ud83d", "holds a control character"),
        (4711, "must be a text"),
    ],
)
def test_each_field_is_a_text_of_250_characters_at_most(name, value, detail):
    assert faults_of(**{name: value}) == {f"/{name}": detail}
    assert body_of_request(survey_request(**{name: "ö" * 250}))[name] == "ö" * 250


def test_eight_pairs_fit_beside_our_two_and_no_more():
    sent = body_of_request(survey_request(misc_data=pairs(8)))["misc_data"]

    assert sent == OWN | pairs(8)
    assert faults_of(misc_data=pairs(9)) == {"/misc_data": "has more than 8 pairs beside ours"}


@pytest.mark.parametrize(
    ("misc_data", "pointer", "detail"),
    [
        ({"Reason": "x" * 251}, "/misc_data/Reason", "has more than 250 characters"),
        ({"Reason": 7}, "/misc_data/Reason", "must be a text"),
        ({"Reason": None}, "/misc_data/Reason", "is missing"),
        ({"Reason": " "}, "/misc_data/Reason", "is empty"),
        ({"a/b~c": 7}, "/misc_data/a~1b~0c", "must be a text"),
        ({"n" * 251: "x"}, "/misc_data/" + "n" * 251, "has more than 250 characters"),
        ({"": "x"}, "/misc_data", "has a name that is no text or empty"),
        ({7: "x"}, "/misc_data", "has a name that is no text or empty"),
        ({"invitation": "x"}, "/misc_data/invitation", "is the name of a pair of ours"),
        ({"Errand": "x"}, "/misc_data/Errand", "is the name of a pair of ours"),
    ],
)
def test_names_and_values_of_pairs_are_texts_within_the_limit_and_not_ours(
    misc_data, pointer, detail
):
    assert faults_of(misc_data=misc_data)[pointer] == detail


def test_our_reference_is_checked_like_every_pair():
    assert faults_of(reference="", display_id="x" * 251) == {
        "/misc_data/Invitation": "is empty",
        "/misc_data/Errand": "has more than 250 characters",
    }


def test_custom_fields_agreed_with_digidesk_stand_beside_the_named_ones():
    assert body_of_request(survey_request(custom_fields={"shop": "Göteborg"}))["shop"] == "Göteborg"


@pytest.mark.parametrize(
    ("custom_fields", "pointer", "detail"),
    [
        ({"campaign_name": "x"}, "/campaign_name", "is no custom field"),
        ({"misc_data": "x"}, "/misc_data", "is no custom field"),
        ({"format": "xml"}, "/format", "is no custom field"),
        ({"shop": "x" * 251}, "/shop", "has more than 250 characters"),
        ({"shop": 7}, "/shop", "must be a text"),
        ({" ": "x"}, "", "has a custom field whose name is no text or empty"),
    ],
)
def test_custom_fields_override_nothing_and_have_the_same_limits(custom_fields, pointer, detail):
    assert faults_of(custom_fields=custom_fields) == {pointer: detail}


def test_every_fault_is_told_at_once():
    assert set(faults_of(customer_contact="", campaign_name="", agent_name="x" * 251)) == {
        "/customer_contact",
        "/campaign_name",
        "/agent_name",
    }


def test_a_request_shows_no_contact_in_its_repr():
    shown = repr(
        survey_request(
            customer_name="John Smith", account_number="ABC123", misc_data={"Phone": "0211234321"}
        )
    )

    assert not any(secret in shown for secret in ("john", "John", "ABC123", "0211234321"))


@pytest.mark.parametrize(
    ("document", "succeeded", "remote_id", "messages"),
    [
        ({"status": "success", "data": 1234, "message": None}, True, "1234", ()),
        ({"status": "success", "data": "1234"}, True, "1234", ()),
        ({"status": "Success ", "data": 1234}, True, "1234", ()),
        ({"status": "success", "data": None}, True, None, ()),
        ({"status": "success"}, True, None, ()),
        ({"status": "error", "data": None, "message": ["a", "b"]}, False, None, ("a", "b")),
        ({"status": "error", "messages": ["a", "b"]}, False, None, ("a", "b")),
        ({"status": "error", "message": "a"}, False, None, ("a",)),
        ({"status": "error", "message": "a", "messages": ["b"]}, False, None, ("a", "b")),
        ({"status": "error", "message": [], "messages": None}, False, None, ()),
    ],
)
def test_an_answer_is_read_in_every_documented_form(document, succeeded, remote_id, messages):
    """Source: "messages" in Responses, "message" in Response parameters and in the sample."""
    answer = read_answer(document)

    assert (answer.succeeded, answer.remote_id, answer.messages) == (succeeded, remote_id, messages)
    assert answer.faults == ()


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"data": {"id": 1}}, "/data"),
        ({"data": "12a"}, "/data"),
        ({"data": True}, "/data"),
        ({"data": 10**400}, "/data"),
        ({"message": {"contact": "wrong"}}, "/message"),
        ({"messages": ["a", 7]}, "/messages"),
    ],
)
def test_an_odd_member_does_not_hide_what_the_status_says(members, pointer):
    answer = read_answer({"status": "success", **members})

    assert answer.succeeded
    assert answer.remote_id is None
    assert [fault.pointer for fault in answer.faults] == [pointer]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        (None, ""),
        ("success", ""),
        ({}, "/status"),
        ({"status": None}, "/status"),
        ({"status": 201}, "/status"),
        ({"status": "done", "data": 1234}, "/status"),
    ],
)
def test_an_answer_without_a_known_status_says_nothing(document, pointer):
    with pytest.raises(DocumentError) as raised:
        read_answer(document)

    assert [fault.pointer for fault in raised.value.faults] == [pointer]


def test_what_digidesk_says_is_not_in_the_repr_of_an_answer():
    answer = read_answer({"status": "error", "message": "john@x.example is wrong"})

    assert "john" not in repr(answer)
