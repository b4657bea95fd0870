from __future__ import annotations

import pytest

from schemas.errors import DocumentError
from schemas.surveys.customer_radar import (
    Credentials,
    Invitation,
    Login,
    Verdict,
    body_of_invitation,
    body_of_login,
    expires_at,
    misconfiguration_in,
    read_answer,
    read_login,
    texts_in,
)

CLIENT = "8291a9ed952342c5b5fe2915f2189e7c"
PROGRAMME = "1cf118a0326d47aa851a90b9674e90aa"
POM = "7547ct569yh67n0326vghddte86bkkn"
OWN = [{"key": "Invitation", "value": "r-1"}, {"key": "Errand", "value": "2256"}]
NOW = 1_517_430_873.0
PERSON = "/sendData/0"


def invitation(**chosen) -> Invitation:
    needed = {
        "client_display_id": CLIENT,
        "programme_display_id": PROGRAMME,
        "location_display_id": PROGRAMME,
        "reference": "r-1",
        "display_id": "2256",
        "email": "abc@gmail.com",
    }
    return Invitation(**{**needed, **chosen})


def faults_of(*, mobile_without_email: bool = False, **chosen) -> dict[str, str]:
    with pytest.raises(DocumentError) as raised:
        body_of_invitation(invitation(**chosen), mobile_without_email=mobile_without_email)
    return {fault.pointer: fault.detail for fault in raised.value.faults}


def test_the_documented_sample_is_sent_with_our_reference_before_its_metadata():
    """Source: Customer Radar, 1.1.1.4.1 Example Request."""
    sample = invitation(
        mobile="0211234321",
        first_name="Dave",
        last_name="Brown",
        pom_display_id=POM,
        metadata={"booking_reference": "122334345", "invoice_no": "INV00001"},
    )

    assert body_of_invitation(sample) == {
        "clientDisplayId": CLIENT,
        "programmeDisplayId": PROGRAMME,
        "sendData": [
            {
                "email": "abc@gmail.com",
                "mobile": "0211234321",
                "firstName": "Dave",
                "lastName": "Brown",
                "locationDisplayId": PROGRAMME,
                "pomDisplayId": POM,
                "metadata": [
                    *OWN,
                    {"key": "booking_reference", "value": "122334345"},
                    {"key": "invoice_no", "value": "INV00001"},
                ],
            }
        ],
    }


@pytest.mark.parametrize("absent", [None, "", " \n"])
def test_optional_fields_that_are_empty_are_left_out(absent):
    body = body_of_invitation(
        invitation(mobile=absent, first_name=absent, last_name=absent, pom_display_id=absent)
    )

    assert body["sendData"] == [
        {"email": "abc@gmail.com", "locationDisplayId": PROGRAMME, "metadata": OWN}
    ]


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("client_display_id", "/clientDisplayId"),
        ("programme_display_id", "/programmeDisplayId"),
        ("location_display_id", f"{PERSON}/locationDisplayId"),
        ("email", f"{PERSON}/email"),
        ("reference", f"{PERSON}/metadata/0/value"),
        ("display_id", f"{PERSON}/metadata/1/value"),
    ],
)
@pytest.mark.parametrize("value", ["", " ", None])
def test_what_the_table_requires_is_there(name, pointer, value):
    assert faults_of(**{name: value})[pointer] in ("is empty", "is missing")


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("mobile", f"{PERSON}/mobile"),
        ("first_name", f"{PERSON}/firstName"),
        ("last_name", f"{PERSON}/lastName"),
        ("pom_display_id", f"{PERSON}/pomDisplayId"),
    ],
)
@pytest.mark.parametrize(
    ("value", "detail"), [(7, "must be a text"), ("a\0b", "holds a control character")]
)
def test_what_is_not_required_is_checked_if_it_is_there(name, pointer, value, detail):
    assert faults_of(**{name: value}) == {pointer: detail}


def test_a_mobile_alone_is_enough_only_where_the_settings_say_so():
    """Source: the table requires the e-mail, beside the title "Email / SMS"."""
    by_sms = invitation(email=None, mobile="0211234321")

    assert faults_of(email=None, mobile="0211234321") == {f"{PERSON}/email": "is missing"}
    [person] = body_of_invitation(by_sms, mobile_without_email=True)["sendData"]
    assert (person["mobile"], "email" in person) == ("0211234321", False)
    assert faults_of(mobile_without_email=True, email=None) == {f"{PERSON}/email": "is missing"}


@pytest.mark.parametrize(
    ("metadata", "pointer", "detail"),
    [
        ({"Errand": "x"}, f"{PERSON}/metadata/Errand", "is the name of a pair of ours"),
        ({"INVITATION": "x"}, f"{PERSON}/metadata/INVITATION", "is the name of a pair of ours"),
        ({"": "x"}, f"{PERSON}/metadata", "has a name that is no text or empty"),
        ({"a": 7}, f"{PERSON}/metadata/2/value", "must be a text"),
        ({"a": ""}, f"{PERSON}/metadata/2/value", "is empty"),
        ({"a\n": "x"}, f"{PERSON}/metadata/2/key", "holds a control character"),
    ],
)
def test_metadata_are_texts_and_none_of_them_replaces_our_reference(metadata, pointer, detail):
    assert faults_of(metadata=metadata)[pointer] == detail


def test_case_and_spelling_of_a_key_are_kept_and_there_may_be_many():
    many = {f"Booking_{position}": "x" for position in range(40)}

    [person] = body_of_invitation(invitation(metadata=many))["sendData"]

    assert [pair["key"] for pair in person["metadata"]] == ["Invitation", "Errand", *many]


def test_neither_contacts_nor_credentials_are_in_a_repr():
    shown = repr(invitation(mobile="0211234321", first_name="Dave", last_name="Brown"))
    shown += repr(Credentials(username="testing", password="testing12345"))
    shown += repr(Login(token="eyJ0", expiration=None))

    secrets = ("abc@", "0211234321", "Dave", "Brown", "testing", "eyJ0")
    assert not any(secret in shown for secret in secrets)


def test_a_login_is_sent_as_documented():
    credentials = Credentials(username="testing", password="testing12345")

    assert body_of_login(credentials) == {"username": "testing", "password": "testing12345"}


def test_a_login_needs_a_user_and_a_password():
    with pytest.raises(DocumentError) as raised:
        body_of_login(Credentials(username="", password=" "))

    assert [fault.pointer for fault in raised.value.faults] == ["/username", "/password"]


@pytest.mark.parametrize(
    ("expiration", "known"),
    [
        (1517434473.269, 1517434473.269),
        (1517434473, 1517434473.0),
        ("1517434473", None),
        (None, None),
        (True, None),
        (float("inf"), None),
        (float("nan"), None),
        (10**400, None),
        ({}, None),
    ],
)
def test_a_token_is_taken_as_it_is_whatever_the_expiration(expiration, known):
    token = "eyJ0eXAiOiJKVs23bGciOiJIUzI1NiJ9.eyJleHAfdsgf.f5Lsz6jPsKF"

    login = read_login({"token": token, "expiration": expiration, "userName": "testing"})

    assert (login.token, login.expiration) == (token, known)


@pytest.mark.parametrize(
    "document",
    [
        {"code": 2, "userMessage": "Wrong password", "developerMessage": "Wrong password"},
        {"token": None},
        {"token": ""},
        {"token": "two words"},
        {"token": "line\r\nfeed"},
        {"token": "ö"},
        {"token": ["eyJ0"]},
        {"token": "x" * 8193},
    ],
)
def test_without_a_token_that_a_header_can_carry_there_is_no_login(document):
    with pytest.raises(DocumentError) as raised:
        read_login(document)

    assert [fault.pointer for fault in raised.value.faults] == ["/token"]


@pytest.mark.parametrize(
    ("expiration", "used_for_s"),
    [
        (None, 3480),
        (NOW + 3600.269, 3480),
        (NOW + 1800, 1680),  # the token itself says half an hour less than ``expiration``
        (NOW + 5400, 3480),  # 60 minutes, whatever it says
        (NOW + 7200, 3480),
        (NOW, 3480),  # of a clock that differs from ours
        (NOW - 86_400, 3480),
        ((NOW + 1800) * 1000, 3480),  # milliseconds
    ],
)
def test_a_token_is_used_until_two_minutes_before_the_earlier_end(expiration, used_for_s):
    login = Login(token="t", expiration=expiration)

    assert expires_at(login, logged_in_at=NOW) - NOW == pytest.approx(used_for_s, abs=0.001)


@pytest.mark.parametrize(
    ("document", "verdict", "remote_id"),
    [
        (
            {"code": "00000", "description": "success", "data": "846673197418938368"},
            Verdict.TRIGGERED,
            "846673197418938368",
        ),
        ({"code": "00000", "data": 846673197418938368}, Verdict.TRIGGERED, "846673197418938368"),
        ({"code": "00000", "data": "abc-1"}, Verdict.TRIGGERED, "abc-1"),
        ({"code": "00000", "description": "success"}, Verdict.TRIGGERED, None),
        ({"code": "00000", "data": ""}, Verdict.TRIGGERED, None),
        ({"code": "00017", "description": "Not sent"}, Verdict.REFUSED, None),
        ({"code": 2, "userMessage": "Wrong", "developerMessage": "Wrong"}, Verdict.REFUSED, None),
        ({"code": "2"}, Verdict.REFUSED, None),
        ({"code": 10**400}, Verdict.REFUSED, None),
        ({"code": 0, "data": "846673197418938368"}, Verdict.CONTRADICTORY, "846673197418938368"),
        ({"code": "0"}, Verdict.CONTRADICTORY, None),
        ({"code": " 00000"}, Verdict.CONTRADICTORY, None),
        ({"code": "00017", "description": "Success"}, Verdict.CONTRADICTORY, None),
    ],
)
def test_only_five_zeros_are_a_success_and_what_may_mean_one_is_no_refusal(
    document, verdict, remote_id
):
    answer = read_answer(document)

    assert (answer.verdict, answer.remote_id, answer.faults) == (verdict, remote_id, ())


@pytest.mark.parametrize("data", [{}, ["1"], True, 1.5, 10**400, "a\nb", "x" * 201])
def test_an_odd_id_does_not_hide_the_success(data):
    answer = read_answer({"code": "00000", "data": data})

    assert (answer.verdict, answer.remote_id) == (Verdict.TRIGGERED, None)
    assert [fault.pointer for fault in answer.faults] == ["/data"]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (None, ""),
        ([], ""),
        ({}, "/code"),
        ({"code": None}, "/code"),
        ({"code": ""}, "/code"),
        ({"code": True}, "/code"),
        ({"code": 2.0}, "/code"),
        ({"description": "success", "data": "1"}, "/code"),
    ],
)
def test_an_answer_without_a_code_says_nothing(document, pointer):
    with pytest.raises(DocumentError) as raised:
        read_answer(document)

    assert [fault.pointer for fault in raised.value.faults] == [pointer]


@pytest.mark.parametrize(
    ("document", "texts"),
    [
        ({"code": "1", "description": "wrong"}, ("wrong",)),
        ({"code": 2, "userMessage": "Wrong", "developerMessage": "Wrong"}, ("Wrong",)),
        ({"code": 2, "userMessage": "Wrong", "developerMessage": "hash"}, ("Wrong", "hash")),
        ({"code": 2, "description": None, "userMessage": 7, "developerMessage": " "}, ()),
    ],
)
def test_both_forms_of_errors_are_read(document, texts):
    assert texts_in(document) == texts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "No Feedback code found for this clientDisplayId, locationDisplayId, pomDisplayId "
            "& programmeDisplayId.",
            True,
        ),
        ("<h1>no  feedback\ncode found</h1>", True),
        ("To send an email invitation, the programme must set Postmark ID. Provide it.", True),
        ("email is wrong", False),
        ("", False),
    ],
)
def test_errors_of_the_set_up_are_told_apart_from_those_of_a_person(text, found):
    """Source: Customer Radar, 1.1.1.4.3."""
    assert bool(misconfiguration_in(text)) is found
