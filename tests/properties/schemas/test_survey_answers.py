"""Whatever a survey vendor answers is read, or refused with the documented error."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DocumentError
from schemas.surveys import customer_radar, digidesk
from tests.properties.any_json import any_json

SAMPLES = {
    digidesk.read_answer: {"status": "success", "data": 1234, "message": None},
    customer_radar.read_answer: {
        "code": "00000",
        "description": "success",
        "data": "846673197418938368",
        "userMessage": "x",
        "developerMessage": "x",
    },
    customer_radar.read_login: {
        "token": "eyJ0",
        "expiration": 1517434473.269,
        "userName": "testing",
    },
}
HUGE = 10**5000  # Python does not print it in digits
ODD = st.sampled_from([HUGE, -HUGE, float("nan"), float("inf"), "\0\ud800", "9" * 5000, " 00000"])
VALUES = any_json(st.floats()) | ODD | st.lists(ODD)


def result_or_refusal(function, argument):
    try:
        return function(argument)
    except DocumentError as error:
        return error


def read_or_refuse(reader, document) -> None:
    result = result_or_refusal(reader, document)
    if isinstance(result, DocumentError):
        assert all(fault.pointer == "" or fault.pointer[0] == "/" for fault in result.faults)
    assert f"{result} {result!r}".isprintable()


@pytest.mark.parametrize("reader", SAMPLES)
@given(document=VALUES)
def test_any_json_is_read_or_refused(reader, document):
    read_or_refuse(reader, document)


@pytest.mark.parametrize("reader", SAMPLES)
@given(drawn=st.data())
def test_a_sample_with_odd_members_is_read_or_refused(reader, drawn):
    document = copy.deepcopy(SAMPLES[reader])
    names = st.sampled_from([*document, "messages"])
    document.update(drawn.draw(st.dictionaries(names, VALUES, min_size=1)))

    read_or_refuse(reader, document)


@given(
    expiration=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    logged_in_at=st.floats(0, 2**33),
)
def test_a_token_is_never_used_for_longer_than_an_hour_less_the_margin(expiration, logged_in_at):
    login = customer_radar.Login(token="t", expiration=expiration)

    used_for_s = customer_radar.expires_at(login, logged_in_at=logged_in_at) - logged_in_at

    assert -120.001 <= used_for_s <= 3480.001


@given(
    pairs=st.dictionaries(st.text(max_size=300), st.text(max_size=300), max_size=12),
    contact=st.text(max_size=300),
)
def test_what_digidesk_is_sent_is_within_its_limits_or_refused(pairs, contact):
    request = digidesk.SurveyRequest(
        customer_contact=contact,
        campaign_name="c",
        reference="r",
        display_id="1",
        misc_data=pairs,
    )
    body = result_or_refusal(digidesk.body_of_request, request)

    if isinstance(body, DocumentError):
        assert str(body).encode()
        return
    misc = body["misc_data"]
    assert len(misc) <= 10
    assert (misc["Invitation"], misc["Errand"]) == ("r", "1")
    assert all(len(text) <= 250 for pair in misc.items() for text in pair)
    assert 0 < len(body["customer_contact"]) <= 250
