from __future__ import annotations

import json
import math
from base64 import b64decode

import pytest
import requests
import responses

from schemas.errors import DocumentError
from schemas.surveys.digidesk import SurveyRequest
from workers.clients.http import Timeouts
from workers.clients.surveys.digidesk import DigideskApi
from workers.clients.surveys.outcomes import (
    Refused,
    SurelyNotSent,
    Triggered,
    Unknown,
    VendorRefusesUs,
)

URL = "https://digidesk.example/api/survey_requests/"
V1_URL = "https://digidesk.example/api/v1/survey_requests/"
PASSWORD = "Pa55:word-åäö"
TIMEOUTS = Timeouts(connect_s=1, read_s=1, total_s=2)
REQUEST = SurveyRequest(
    customer_contact="john.smith@email.com",
    campaign_name="My Survey Campaign",
    reference="r-1",
    display_id="2256",
    customer_name="John Smith",
)
SUCCESS = {"status": "success", "data": 1234, "message": None}
NO_ROUTE = {"status": 404, "body": "404 page not found", "content_type": "text/plain"}


@pytest.fixture
def server():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as running:
        yield running


def digidesk(url: str = URL) -> DigideskApi:
    return DigideskApi(url, user="citrus", password=PASSWORD, timeouts=TIMEOUTS)


def invited(api: DigideskApi | None = None, request: SurveyRequest = REQUEST):
    return (api or digidesk()).invite(request, send_until_s=math.inf)


def test_the_request_is_sent_as_documented(server):
    """Source: DigiDesk API Post Specification, Example request."""
    server.post(URL, status=201, json=SUCCESS)

    invited()

    [sent] = (call.request for call in server.calls)
    kind, credentials = sent.headers["Authorization"].split()
    assert (kind, b64decode(credentials).decode()) == ("Basic", f"citrus:{PASSWORD}")
    assert sent.headers["Accept"] == sent.headers["Content-Type"] == "application/json"
    assert sent.url == URL
    assert json.loads(sent.body) == {
        "customer_contact": "john.smith@email.com",
        "campaign_name": "My Survey Campaign",
        "customer_name": "John Smith",
        "misc_data": {"Invitation": "r-1", "Errand": "2256"},
    }


def test_a_request_is_the_only_one_on_its_connection(server):
    """A connection that the vendor is closing would leave the outcome unknown."""
    server.post(URL, status=201, json=SUCCESS)

    invited()

    assert server.calls[0].request.headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("answer", "remote_id", "note"),
    [
        ({"status": 201, "json": SUCCESS}, "1234", None),
        ({"status": 201, "json": {**SUCCESS, "data": "1234"}}, "1234", None),
        ({"status": 200, "json": SUCCESS}, "1234", "HTTP 200 instead of 201"),
        ({"status": 202, "json": SUCCESS}, "1234", "HTTP 202 instead of 201"),
        ({"status": 201, "body": b""}, None, "201 without a body"),
        ({"status": 201, "json": {"status": "success"}}, None, "no id in the answer"),
        (
            {"status": 201, "json": {**SUCCESS, "data": {}}},
            None,
            "/data: must be a whole number",
        ),
    ],
)
def test_a_success_is_triggered_whatever_is_odd_about_it(server, answer, remote_id, note):
    server.post(URL, **answer)

    assert invited() == Triggered(remote_id=remote_id, note=note)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"status": 500, "json": {"status": "error", "message": ["broken"]}},
        {"status": 502},
        {"status": 503},
        {"status": 504},
        {"status": 408},
        {"status": 200, "body": b"<!DOCTYPE html><html></html>"},
        {"status": 201, "body": b"<?xml version='1.0'?><response><data>1234</data></response>"},
        {"status": 201, "body": b'{"status": "success", "da'},
        {"status": 201, "json": {"status": "error", "message": ["both"]}},
        {"status": 201, "json": {"id": 1234}},
        {"status": 200, "body": b""},
        {"status": 204, "body": b""},
        {"status": 202, "json": {"status": "error"}},
        {"status": 201, "body": b" " * 1_100_000},
        {"body": requests.ReadTimeout()},
        {"body": requests.exceptions.ChunkedEncodingError()},
    ],
)
def test_what_may_have_reached_a_customer_is_unknown(server, answer):
    server.post(URL, **answer)

    assert isinstance(invited(), Unknown)


@pytest.mark.parametrize(
    ("answer", "retry_after_s"),
    [
        ({"status": 429}, None),
        ({"status": 429, "headers": {"Retry-After": "30"}}, 30),
        ({"status": 503, "headers": {"Retry-After": "120"}}, 120),
        ({"body": requests.ConnectionError()}, None),
        ({"body": requests.ConnectTimeout()}, None),
    ],
)
def test_what_was_put_off_or_not_connected_is_surely_not_sent(server, answer, retry_after_s):
    server.post(URL, **answer)

    outcome = invited()

    assert isinstance(outcome, SurelyNotSent)
    assert outcome.retry_after_s == retry_after_s


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            {"status": 400, "json": {"status": "error", "messages": ["no such agent", "x"]}},
            "no such agent: x",
        ),
        ({"status": 422, "json": {"status": "error", "message": "too long"}}, "too long"),
        ({"status": 404, "json": {"status": "error", "message": ["no campaign"]}}, "no campaign"),
        ({"status": 200, "json": {"status": "error", "message": ["no campaign"]}}, "no campaign"),
        ({"status": 200, "json": {"status": "error"}}, "no reason given"),
        ({"status": 400, "body": "<html>"}, "HTTP 400"),
        ({"status": 409}, "HTTP 409"),
    ],
)
def test_a_refusal_says_why(server, answer, reason):
    server.post(URL, **answer)

    outcome = invited()

    assert isinstance(outcome, Refused)
    assert reason in outcome.reason


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 401},
        {"status": 403, "json": {"status": "error", "message": ["inactive"]}},
        {"status": 405},
        {"status": 415, "json": {"status": "error", "message": ["JSON only"]}},
        {"status": 301, "headers": {"Location": "https://elsewhere.example/"}},
        {"status": 307, "headers": {"Location": V1_URL}},
        {"body": requests.exceptions.InvalidURL()},
    ],
)
def test_what_concerns_the_account_or_the_url_pauses_the_vendor(server, answer):
    server.post(URL, **answer)

    assert isinstance(invited(), VendorRefusesUs)
    assert len(server.calls) == 1


def test_the_other_documented_path_is_tried_once_and_remembered(server):
    """Source: "Requests" says /api/v1/{resource}/, "Resource URL" does not."""
    server.post(URL, **NO_ROUTE)
    server.post(V1_URL, status=201, json=SUCCESS)
    api = digidesk()

    assert [invited(api), invited(api)] == [Triggered(remote_id="1234")] * 2

    assert [call.request.url for call in server.calls] == [URL, V1_URL, V1_URL]


def test_the_first_path_is_tried_again_where_the_remembered_one_is_gone(server):
    server.post(URL, **NO_ROUTE)
    server.post(V1_URL, status=201, json=SUCCESS)
    api = digidesk()
    invited(api)
    server.replace(responses.POST, V1_URL, **NO_ROUTE)
    server.replace(responses.POST, URL, status=201, json=SUCCESS)

    assert invited(api) == Triggered(remote_id="1234")


def test_a_prefix_before_either_path_is_kept(server):
    gateway = "https://gateway.example/digidesk"
    server.post(f"{gateway}/api/v1/survey_requests/", **NO_ROUTE)
    server.post(f"{gateway}/api/survey_requests/", status=201, json=SUCCESS)

    api = digidesk(f"{gateway}/api/v1/survey_requests/")

    assert invited(api) == Triggered(remote_id="1234")


def test_where_neither_path_exists_the_vendor_is_paused(server):
    server.post(URL, **NO_ROUTE)
    server.post(V1_URL, **NO_ROUTE)

    assert isinstance(invited(), VendorRefusesUs)
    assert len(server.calls) == 2


def test_a_url_of_another_form_is_asked_alone(server):
    server.post("https://gateway.example/surveys", **NO_ROUTE)

    assert isinstance(invited(digidesk("https://gateway.example/surveys")), VendorRefusesUs)
    assert len(server.calls) == 1


def test_no_other_refusal_leads_to_the_other_path(server):
    server.post(URL, status=400)

    invited()

    assert len(server.calls) == 1


def test_a_request_over_a_limit_is_not_sent(server):
    with pytest.raises(DocumentError):
        invited(
            request=SurveyRequest(
                customer_contact="x" * 251, campaign_name="c", reference="r", display_id="1"
            )
        )

    assert len(server.calls) == 0


@pytest.mark.parametrize("status", [200, 201, 400, 401, 422, 429, 500])
def test_neither_contact_nor_password_is_in_a_reason(server, status):
    said = f"JOHN.SMITH@email.com, John Smith, +64 21 123 4321 or {PASSWORD} is wrong"
    server.post(URL, status=status, json={"status": "error", "message": [said]})

    outcome = invited()

    shown = f"{outcome.reason} {outcome!r}".lower()
    assert "is wrong" in shown
    assert not any(secret in shown for secret in ("john", "smith", "4321", "pa55"))


@pytest.mark.parametrize(
    ("user", "password"), [("a:b", "x"), ("", "x"), ("a", ""), ("a\n", "x"), ("a", "x\0")]
)
def test_credentials_that_basic_authentication_cannot_carry_are_refused(user, password):
    with pytest.raises(ValueError, match="user"):
        DigideskApi(URL, user=user, password=password, timeouts=TIMEOUTS)


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("https", "http"),
        "https://user:secret@digidesk.example/api/survey_requests/",
        f"{URL}?key=secret",
        "digidesk.example/api",
        "",
    ],
)
def test_a_url_that_would_carry_a_contact_unencrypted_is_refused(url):
    with pytest.raises(ValueError, match="digidesk") as raised:
        digidesk(url)

    assert "secret" not in str(raised.value)


def test_a_client_shows_no_credentials():
    assert repr(digidesk()) == "DigideskApi()"
