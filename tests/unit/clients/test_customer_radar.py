from __future__ import annotations

import json
import math

import pytest
import requests
import responses

from schemas.errors import DocumentError
from schemas.surveys.customer_radar import Credentials, Invitation
from workers.clients import errors
from workers.clients.http import Timeouts
from workers.clients.surveys.customer_radar import CustomerRadarApi
from workers.clients.surveys.outcomes import (
    Refused,
    SurelyNotSent,
    Triggered,
    Unknown,
    VendorRefusesUs,
)

ROOT = "https://api.example.test"
LOGIN = f"{ROOT}/auth/login"
INVITATION = f"{ROOT}/invitation"
PASSWORD = "testing12345"
INVITED = Invitation(
    client_display_id="c1",
    programme_display_id="p1",
    location_display_id="l1",
    reference="r-1",
    display_id="2256",
    email="dave.brown@gmail.com",
    mobile="0211234321",
    first_name="Dave",
    last_name="Brown",
)
SUCCESS = {"code": "00000", "description": "success", "data": "846673197418938368"}
NO_CODE = "No Feedback code found for this clientDisplayId, locationDisplayId, pomDisplayId."
NO_POSTMARK = "To send an email invitation, the programme must set Postmark ID. Provide details."


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_517_430_873.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def api(clock):
    return radar(clock=clock)


def radar(url: str = ROOT, **chosen) -> CustomerRadarApi:
    return CustomerRadarApi(
        url,
        credentials=Credentials(username="testing", password=PASSWORD),
        timeouts=Timeouts(connect_s=1, read_s=1, total_s=2),
        **chosen,
    )


@pytest.fixture
def server():
    """Customer Radar, whose tokens are ``token-1``, ``token-2`` and so on."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as running:
        yield running


def log_in_by(server, *, expiration: float | None = None) -> None:
    numbers = iter(range(1, 100))

    def login(_request):
        document = {"token": f"token-{next(numbers)}", "expiration": expiration}
        return 200, {}, json.dumps(document)

    server.add_callback(responses.POST, LOGIN, login)


def invited(api: CustomerRadarApi, invitation: Invitation = INVITED):
    return api.invite(invitation, send_until_s=math.inf)


def tokens_used(server) -> list[str]:
    return [
        call.request.headers["Authorization"]
        for call in server.calls
        if call.request.url == INVITATION
    ]


def logins(server) -> int:
    return sum(call.request.url == LOGIN for call in server.calls)


def test_a_login_and_an_invitation_are_sent_as_documented(server, api):
    """Source: Customer Radar, 1.1.1.3 and 1.1.1.4: the token without any word before it."""
    log_in_by(server)
    server.post(INVITATION, json=SUCCESS)

    assert invited(api) == Triggered(remote_id="846673197418938368")

    login, invitation = (call.request for call in server.calls)
    assert json.loads(login.body) == {"username": "testing", "password": PASSWORD}
    assert "Authorization" not in login.headers
    assert invitation.headers["Authorization"] == "token-1"
    assert invitation.headers["Content-Type"] == "application/json"
    assert invitation.headers["Connection"] == "close"
    [person] = json.loads(invitation.body)["sendData"]
    assert person["metadata"] == [
        {"key": "Invitation", "value": "r-1"},
        {"key": "Errand", "value": "2256"},
    ]


def test_one_login_serves_many_invitations(server, api):
    log_in_by(server)
    server.post(INVITATION, json=SUCCESS)

    for _ in range(5):
        invited(api)

    assert tokens_used(server) == ["token-1"] * 5
    assert logins(server) == 1


def test_a_token_is_renewed_two_minutes_before_it_expires(server, api, clock):
    log_in_by(server)
    server.post(INVITATION, json=SUCCESS)

    for seconds in (0, 3479, 1, 3479, 1):
        clock.now += seconds
        invited(api)

    assert tokens_used(server) == ["token-1", "token-1", "token-2", "token-2", "token-3"]


def test_an_earlier_expiration_counts(server, api, clock):
    log_in_by(server, expiration=clock.now + 1800)
    server.post(INVITATION, json=SUCCESS)

    for seconds in (0, 1679, 1):
        clock.now += seconds
        invited(api)

    assert tokens_used(server) == ["token-1", "token-1", "token-2"]


@pytest.mark.parametrize("status", [401, 403])
def test_after_a_refused_token_it_logs_in_and_repeats_once(server, api, status):
    log_in_by(server)
    server.post(INVITATION, status=status)
    server.post(INVITATION, json=SUCCESS)

    assert invited(api) == Triggered(remote_id="846673197418938368")
    assert tokens_used(server) == ["token-1", "token-2"]


def test_a_token_that_is_refused_anew_pauses_the_vendor(server, api):
    log_in_by(server)
    server.post(INVITATION, status=401)

    assert isinstance(invited(api), VendorRefusesUs)
    assert tokens_used(server) == ["token-1", "token-2"]
    assert logins(server) == 2


def test_the_repetition_after_a_refused_token_may_be_lost_like_any_request(server, api):
    log_in_by(server)
    server.post(INVITATION, status=401)
    server.post(INVITATION, status=500)

    assert isinstance(invited(api), Unknown)
    assert tokens_used(server) == ["token-1", "token-2"]


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 401},
        {"status": 403},
        {"status": 400, "json": {"code": 2, "userMessage": "Wrong password"}},
        {"status": 200, "json": {"code": 2, "userMessage": "Wrong password"}},
        {"status": 200, "json": {"token": ""}},
        {"status": 200, "json": {"token": "two words"}},
        {"status": 404, "body": "not here"},
        {"status": 302, "headers": {"Location": "https://elsewhere.example"}},
    ],
)
def test_a_refused_login_pauses_the_vendor_and_nothing_is_sent(server, api, answer):
    server.post(LOGIN, **answer)

    assert isinstance(invited(api), VendorRefusesUs)
    assert tokens_used(server) == []


@pytest.mark.parametrize(
    ("answer", "retry_after_s"),
    [
        ({"status": 500}, None),
        ({"status": 502}, None),
        ({"status": 503, "headers": {"Retry-After": "60"}}, 60),
        ({"status": 429, "headers": {"Retry-After": "60"}}, 60),
        ({"status": 200, "body": "<html>"}, None),
        ({"body": requests.ConnectionError()}, None),
        ({"body": requests.ReadTimeout()}, None),
    ],
)
def test_a_login_that_failed_leaves_the_invitation_surely_not_sent(
    server, api, answer, retry_after_s
):
    server.post(LOGIN, **answer)

    outcome = invited(api)

    assert isinstance(outcome, SurelyNotSent)
    assert outcome.retry_after_s == retry_after_s
    assert tokens_used(server) == []


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ({"status": 200, "json": {"code": "00000"}}, "no id in the answer"),
        ({"status": 200, "json": {"code": "00000", "data": {}}}, "/data: must be an id"),
        ({"status": 201, "json": {"code": "00000", "data": 1}}, None),
    ],
)
def test_five_zeros_are_triggered_whatever_is_odd_about_the_answer(server, api, answer, note):
    log_in_by(server)
    server.post(INVITATION, **answer)

    outcome = invited(api)

    assert isinstance(outcome, Triggered)
    assert outcome.note == note


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500, "json": {"code": 1, "userMessage": "broken"}},
        {"status": 502},
        {"status": 503},
        {"status": 504},
        {"status": 408},
        {"status": 200, "body": "<!DOCTYPE html><html></html>"},
        {"status": 200, "body": b'{"code": "00000", "descr'},
        {"status": 200, "body": b""},
        {"status": 200, "json": {"description": "success"}},
        {"status": 200, "json": {"code": 0, "description": "success"}},
        {"status": 200, "json": []},
        {"body": requests.ReadTimeout()},
    ],
)
def test_what_may_have_reached_a_customer_is_unknown(server, api, answer):
    log_in_by(server)
    server.post(INVITATION, **answer)

    assert isinstance(invited(api), Unknown)
    assert len(tokens_used(server)) == 1


@pytest.mark.parametrize(
    ("answer", "retry_after_s"),
    [
        ({"status": 429, "headers": {"Retry-After": "30"}}, 30),
        ({"status": 503, "headers": {"Retry-After": "30"}}, 30),
        ({"body": requests.ConnectionError()}, None),
    ],
)
def test_what_was_put_off_or_not_connected_is_surely_not_sent(server, api, answer, retry_after_s):
    log_in_by(server)
    server.post(INVITATION, **answer)

    outcome = invited(api)

    assert isinstance(outcome, SurelyNotSent)
    assert outcome.retry_after_s == retry_after_s


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 400, "json": {"code": "40001", "description": "mobile"}}, "mobile"),
        ({"status": 400, "json": {"code": 3, "userMessage": "pom is missing"}}, "pom is missing"),
        ({"status": 400, "body": "Bad Request"}, "HTTP 400"),
        ({"status": 404, "json": {"code": 3, "userMessage": "no location"}}, "no location"),
        ({"status": 200, "json": {"code": "00017", "description": "Send Rule"}}, "Send Rule"),
        ({"status": 200, "json": {"code": "00017"}}, "no reason given"),
    ],
)
def test_a_refusal_says_why(server, api, answer, reason):
    log_in_by(server)
    server.post(INVITATION, **answer)

    outcome = invited(api)

    assert isinstance(outcome, Refused)
    assert reason in outcome.reason


@pytest.mark.parametrize("text", [NO_CODE, NO_POSTMARK])
@pytest.mark.parametrize(
    "form",
    [
        lambda text: {"status": 400, "json": {"code": "40002", "description": text}},
        lambda text: {"status": 400, "json": {"code": 3, "userMessage": text}},
        lambda text: {"status": 400, "body": f"<html><p>{'x' * 500}</p><h1>{text}</h1></html>"},
        lambda text: {"status": 400, "body": text},
        lambda text: {"status": 200, "json": {"code": "40002", "description": text}},
    ],
)
def test_what_is_not_set_up_at_customer_radar_pauses_it(server, api, text, form):
    log_in_by(server)
    server.post(INVITATION, **form(text))

    outcome = invited(api)

    assert isinstance(outcome, VendorRefusesUs)
    assert "Feedback code" in outcome.reason or "Postmark ID" in outcome.reason


@pytest.mark.parametrize("answer", [{"status": 404, "body": "404 page not found"}, {"status": 301}])
def test_a_wrong_url_pauses_the_vendor(server, api, answer):
    log_in_by(server)
    server.post(INVITATION, **answer)

    assert isinstance(invited(api), VendorRefusesUs)


def test_an_invitation_without_a_required_field_is_not_sent_nor_is_a_login(server, api):
    with pytest.raises(DocumentError):
        invited(
            api,
            Invitation(
                client_display_id="c1",
                programme_display_id="",
                location_display_id="l1",
                reference="r",
                display_id="1",
                email="a@b.example",
            ),
        )

    assert len(server.calls) == 0


def test_a_mobile_alone_is_sent_only_where_the_settings_say_so(server, clock):
    log_in_by(server)
    server.post(INVITATION, json=SUCCESS)
    by_sms = Invitation(
        client_display_id="c1",
        programme_display_id="p1",
        location_display_id="l1",
        reference="r",
        display_id="1",
        mobile="0211234321",
    )

    with pytest.raises(DocumentError):
        invited(radar(clock=clock), by_sms)

    assert isinstance(invited(radar(clock=clock, mobile_without_email=True), by_sms), Triggered)


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
def test_neither_contact_nor_token_nor_password_is_in_a_reason(server, api, status):
    log_in_by(server)
    said = f"Dave.Brown@GMAIL.com, Dave or +64 (21) 123-4321 is wrong, token-1 token-2 {PASSWORD}"
    server.post(INVITATION, status=status, json={"code": "7", "description": said})

    outcome = invited(api)

    shown = f"{outcome.reason} {outcome!r}".lower()
    assert "is wrong" in shown
    secrets = ("dave", "brown", "4321", "testing", tokens_used(server)[-1])
    assert not any(secret in shown for secret in secrets)


def test_a_probe_logs_in_and_writes_to_nobody(server, api):
    log_in_by(server)

    api.probe()

    assert [call.request.url for call in server.calls] == [LOGIN]


@pytest.mark.parametrize("status", [200, 400, 401])
def test_a_probe_tells_a_wrong_password_without_the_password(server, api, status):
    document = {"code": 2, "userMessage": f"Wrong password {PASSWORD}", "developerMessage": "x"}
    server.post(LOGIN, status=status, json=document)

    with pytest.raises(errors.ApiError, match="Wrong password") as raised:
        api.probe()

    assert PASSWORD not in str(raised.value)


def test_a_url_that_would_carry_a_password_unencrypted_is_refused():
    with pytest.raises(ValueError, match="https"):
        radar("http://api.feedback.fyi")


def test_a_client_shows_no_credentials(api):
    assert repr(api) == "CustomerRadarApi()"
