"""Whatever a survey vendor answers is read, or refused with the documented error."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DocumentError
from schemas.strict_json import InvalidJson
from schemas.surveys import alvaria, centracx, customer_radar, digidesk
from schemas.surveys.bare_json import read_json_or_bare_words
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
    centracx.read_answer: {
        "message": "New Session Started",
        "question": {"text": "How?", "type": "Choose one", "answers": [{"id": 1, "text": "A"}]},
        "sessionId": "eYzTVujx",
        "status": 200,
        "data": {},
    },
    centracx.read_status: {"status": {"id": 5, "description": "Complete"}, "data": {}},
    alvaria.read_token: {"access_token": "t", "expires_in": 3599},
    alvaria.read_context: {"kind": "cxp#disposableAppContext", "content": "Context"},
}
QUESTIONS = st.dictionaries(
    st.sampled_from(["text", "type", "title", "answers", "question"]),
    any_json(st.floats())
    | st.sampled_from(["Choose One", "Enter Text"])
    | st.lists(st.dictionaries(st.sampled_from(["id", "text", "value"]), any_json(st.nothing()))),
)
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


@given(question=QUESTIONS | any_json(st.floats()))
def test_whatever_centracx_asks_can_be_stored_or_says_why_not(question):
    found = centracx.read_answer({"question": question, "data": question}).question

    if isinstance(found, centracx.Question):
        document = found.document()
        assert json.dumps(document, ensure_ascii=False).encode()
        assert "\0" not in json.dumps(document, ensure_ascii=False)
        assert document["text"].strip()
        assert (document["kind"] == "choice") == bool(document["choices"])
    elif found is not None:
        assert found.problem.isprintable()


@given(body=st.binary(max_size=300) | st.text("{}[]:,'\"\\ \nab1?", max_size=300).map(str.encode))
def test_bare_words_are_read_or_refused(body):
    try:
        read_json_or_bare_words(body)
    except InvalidJson:
        return


@given(values=st.dictionaries(st.text(max_size=9), any_json(st.floats()) | ODD))
def test_an_outcome_has_texts_or_is_refused(values):
    body = result_or_refusal(alvaria.body_of_outcome, values)

    if not isinstance(body, DocumentError):
        assert json.dumps(body, ensure_ascii=False).encode()
        assert all(isinstance(one["value"], str) and one["id"] for one in body["variables"])
