"""Whatever a survey vendor answers, the outcome is one of five, and never too good."""

from __future__ import annotations

import json
import math

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from schemas.surveys.customer_radar import Credentials, Invitation
from schemas.surveys.digidesk import SurveyRequest
from tests.properties.any_json import any_json
from workers.clients.http import Timeouts
from workers.clients.surveys.alvaria import Account, AlvariaApi, DialogGone, Taken
from workers.clients.surveys.centracx import CentracxApi, Replied, Started
from workers.clients.surveys.customer_radar import CustomerRadarApi
from workers.clients.surveys.digidesk import DigideskApi
from workers.clients.surveys.outcomes import (
    NotTriggered,
    Outcome,
    Triggered,
    Unknown,
)

URL = "https://vendor.example/api/survey_requests/"
V1_URL = "https://vendor.example/api/v1/survey_requests/"
TIMEOUTS = Timeouts(connect_s=1, read_s=1, total_s=2)
REQUEST = SurveyRequest(
    customer_contact="a@b.example", campaign_name="c", reference="r", display_id="1"
)
INVITATION = Invitation(
    client_display_id="c",
    programme_display_id="p",
    location_display_id="l",
    reference="r",
    display_id="1",
    email="a@b.example",
)
ACCOUNT = Account(org="o", client_id="c", secret="s3cret", api_key="k", scope="x")
SESSION = "eYzTVujx"
STATUSES = st.integers(200, 599) | st.sampled_from([200, 201, 400, 401, 404, 500, 503])
WORDS = st.sampled_from(["success", "error", "00000", "0", "00017", "a@b.example", 0, 2])
NAMES = st.sampled_from(["status", "data", "message", "messages", "code", "description"])
DOCUMENTS = any_json(st.floats()) | st.dictionaries(NAMES, WORDS | any_json(st.nothing()))
BODIES = DOCUMENTS.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=200)


def outcome_of_digidesk(status: int, body: bytes) -> Outcome:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as server:
        for url in (URL, V1_URL):
            server.post(url, status=status, body=body)
        api = DigideskApi(URL, user="u", password="p4ssword", timeouts=TIMEOUTS)
        return api.invite(REQUEST, send_until_s=math.inf)


def outcome_of_customer_radar(status: int, body: bytes) -> Outcome:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as server:
        server.post("https://vendor.example/auth/login", json={"token": "t0ken"})
        server.post("https://vendor.example/invitation", status=status, body=body)
        api = CustomerRadarApi(
            "https://vendor.example",
            credentials=Credentials(username="u", password="p4ssword"),
            timeouts=TIMEOUTS,
        )
        return api.invite(INVITATION, send_until_s=math.inf)


@pytest.mark.parametrize("outcome_of", [outcome_of_digidesk, outcome_of_customer_radar])
@given(status=STATUSES, body=BODIES)
def test_only_2xx_is_a_success_and_only_4xx_and_3xx_are_surely_none(outcome_of, status, body):
    outcome = outcome_of(status, body)

    assert isinstance(outcome, Triggered | NotTriggered)
    if isinstance(outcome, Triggered):
        assert status < 300
    if status >= 500 or status == 408:
        assert isinstance(outcome, Unknown)
    elif status >= 300:
        assert not isinstance(outcome, Unknown | Triggered)


@pytest.mark.parametrize("outcome_of", [outcome_of_digidesk, outcome_of_customer_radar])
@given(status=STATUSES, body=BODIES)
def test_a_reason_is_one_line_without_the_contact(outcome_of, status, body):
    outcome = outcome_of(status, body)

    text = (outcome.note or "") if isinstance(outcome, Triggered) else outcome.reason
    assert text.isprintable()
    assert len(text) < 400
    assert "a@b.example" not in text


def replied(status: int, body: bytes) -> Replied | NotTriggered:
    with responses.RequestsMock() as server:
        server.post("https://vendor.example/surveys/2", status=status, body=body)
        api = CentracxApi("https://vendor.example", key="k3y", secret="s3cret", timeouts=TIMEOUTS)
        return api.reply(2, SESSION, feedback="a@b.example", send_until_s=math.inf)


def started(status: int, body: bytes) -> Started | NotTriggered:
    with responses.RequestsMock() as server:
        server.post("https://vendor.example/surveys/2", status=status, body=body)
        api = CentracxApi("https://vendor.example", key="k3y", secret="s3cret", timeouts=TIMEOUTS)
        return api.start(2, send_until_s=math.inf)


def outcome_sent(status: int, body: bytes) -> Taken | DialogGone | NotTriggered:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as server:
        server.post("https://id.example/token", json={"access_token": "t0ken"})
        server.post(
            "https://vendor.example/via/v2/organizations/o/customerexperience/disposableApp/outcome",
            status=status,
            body=body,
        )
        api = AlvariaApi(
            "https://vendor.example", "https://id.example/token", account=ACCOUNT, timeouts=TIMEOUTS
        )
        return api.send_outcome(SESSION, {"nps": 9}, send_until_s=math.inf)


CONVERSATIONS = [replied, started, outcome_sent]


@pytest.mark.parametrize("ask", CONVERSATIONS)
@given(status=STATUSES, body=BODIES)
def test_in_a_conversation_too_only_2xx_is_a_success_and_5xx_is_unknown(ask, status, body):
    outcome = ask(status, body)

    if isinstance(outcome, Replied | Started | Taken):
        assert status < 300
    elif status >= 500 or status == 408:
        assert isinstance(outcome, Unknown)
    elif status >= 300:
        assert not isinstance(outcome, Unknown)


@pytest.mark.parametrize("ask", CONVERSATIONS)
@given(status=STATUSES, said=st.sampled_from(["message", "error", "description"]))
def test_a_reason_has_neither_credentials_nor_session_nor_answer(ask, status, said):
    quoted = f"k3y s3cret t0ken {SESSION} a@b.example"

    outcome = ask(status, json.dumps({said: quoted, "status": status}).encode())

    if not isinstance(outcome, Replied | Started | Taken):
        assert outcome.reason.isprintable()
        texts = ["s3cret", "a@b.example"] if ask is started else ["s3cret", SESSION, "a@b.example"]
        assert not [text for text in texts if text in outcome.reason]
