"""Alvaria: what goes over the wire for each documented call."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses

from workers.clients import errors
from workers.clients.http import Timeouts
from workers.clients.surveys.alvaria import Account, AlvariaApi, DialogGone, Taken
from workers.clients.surveys.outcomes import Refused, SurelyNotSent, Unknown, VendorRefusesUs

ROOT = "https://acme.via.aspect-cloud.net"
TOKEN_URL = "https://myaspect.eu.id.aspect-cloud.net/tokenservice/oauth2/access_token"
APP = f"{ROOT}/via/v2/organizations/acme/customerexperience/disposableApp"
TIMEOUTS = Timeouts(connect_s=1, read_s=1, total_s=2)
ACCOUNT = Account(
    org="acme",
    client_id="client",
    secret="s3cret&",
    api_key="key-of-ours",
    scope="customerexperienceapi",
)
TOKEN = {"access_token": "t0ken", "token_type": "Bearer", "expires_in": 3599}
NOT_FOUND = {"code": "404", "message": "Dialog Id not found on the cluster", "errors": []}


@pytest.fixture
def server():
    with responses.RequestsMock() as running:
        running.post(TOKEN_URL, json=TOKEN)
        yield running


@pytest.fixture
def api():
    return AlvariaApi(ROOT, TOKEN_URL, account=ACCOUNT, timeouts=TIMEOUTS)


def outcome_of(api: AlvariaApi) -> object:
    return api.send_outcome("d/1 &", {"npsScore": 9, "why": None}, send_until_s=math.inf)


def test_a_token_is_asked_for_with_the_realm_in_query_and_form(server, api):
    server.get(f"{APP}/context", json={"content": "Context"})
    api.context("d")

    call = server.calls[0]
    assert parse_qsl(urlsplit(call.request.url).query) == [("realm", "acme")]
    assert dict(parse_qsl(call.request.body.decode())) == {
        "grant_type": "client_credentials",
        "scope": "customerexperienceapi",
        "realm": "acme",
    }
    assert call.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    basic = b64encode(b"client:s3cret&").decode()
    assert call.request.headers["Authorization"] == f"Basic {basic}"


def test_a_context_is_asked_for_with_token_key_and_dialog(server, api):
    server.get(f"{APP}/context", json={"kind": "cxp#disposableAppContext", "content": "Context"})

    assert api.context("d/1 &").document == {"content": "Context"}
    request = server.calls[1].request
    assert parse_qsl(urlsplit(request.url).query) == [("sessionId", "d/1 &")]
    assert request.headers["Authorization"] == "Bearer t0ken"
    assert request.headers["x-api-key"] == "key-of-ours"
    assert request.headers["Accept"] == "application/json"


def test_an_outcome_is_sent_as_documented_and_204_is_a_success(server, api):
    server.post(f"{APP}/outcome", status=204)

    assert outcome_of(api) == Taken()
    request = server.calls[1].request
    assert json.loads(request.body) == {
        "kind": "cxp#disposableAppOutcome",
        "variables": [{"id": "npsScore", "value": "9"}],
    }
    assert parse_qsl(urlsplit(request.url).query) == [("sessionId", "d/1 &")]
    assert request.headers["Authorization"] == "Bearer t0ken"
    assert request.headers["x-api-key"] == "key-of-ours"
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("page", ["<!DOCTYPE html><title>Log in</title>", "\ufeff\n <html>"])
def test_a_page_in_place_of_an_answer_leaves_an_outcome_unknown(server, api, page):
    server.post(f"{APP}/outcome", body=page, status=200, content_type="text/html")

    assert isinstance(outcome_of(api), Unknown)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Taken),
        (202, Taken),
        (400, Refused),
        (403, VendorRefusesUs),
        (404, DialogGone),
        (406, VendorRefusesUs),
        (408, Unknown),
        (429, SurelyNotSent),
        (500, Unknown),
        (502, Unknown),
        (503, Unknown),
        (504, Unknown),
        (302, VendorRefusesUs),
    ],
)
def test_the_status_of_an_outcome_decides_whether_it_may_have_been_taken(server, api, status, kind):
    server.post(f"{APP}/outcome", json=NOT_FOUND, status=status)

    assert isinstance(outcome_of(api), kind)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (403, VendorRefusesUs),
        (404, DialogGone),
        (406, VendorRefusesUs),
        (429, SurelyNotSent),
        (500, SurelyNotSent),
        (503, SurelyNotSent),
    ],
)
def test_the_status_of_a_context_decides_whether_it_is_asked_for_again(server, api, status, kind):
    server.get(f"{APP}/context", json=NOT_FOUND, status=status)

    assert isinstance(api.context("d/1 &"), kind)


@pytest.mark.parametrize("content", [7, [], True])
def test_a_context_of_another_form_is_not_asked_for_again(server, api, content):
    server.get(f"{APP}/context", json={"content": content})

    refused = api.context("d/1 &")

    assert isinstance(refused, Refused)
    assert refused.reason == "alvaria: no readable context: /content: must be a text"


def test_401_has_no_body_and_leads_to_one_new_token(server, api):
    server.get(f"{APP}/context", status=401)
    server.get(f"{APP}/context", json={"content": "Context"})

    assert api.context("d").document == {"content": "Context"}
    assert [call.request.url.split("?")[0] for call in server.calls] == [
        TOKEN_URL,
        f"{APP}/context",
        TOKEN_URL,
        f"{APP}/context",
    ]


@pytest.mark.parametrize("body", [b"", b"{}", json.dumps(NOT_FOUND).encode()])
def test_a_404_of_alvaria_is_a_dialog_that_has_ended_whatever_its_body(server, api, body):
    server.get(f"{APP}/context", body=body, status=404)

    assert isinstance(api.context("d"), DialogGone)


def test_a_404_that_is_not_of_alvaria_is_a_wrong_address(server, api):
    server.get(f"{APP}/context", body="<html>Not here</html>", status=404)

    assert isinstance(api.context("d"), VendorRefusesUs)


def test_an_error_says_what_is_wrong_and_not_with_which_dialog(server, api):
    document = {"code": "400", "message": "Validation exception", "errors": [{"message": "d-77"}]}
    server.get(f"{APP}/context", json=document, status=400)

    reason = api.context("d-77").reason

    assert "Validation exception" in reason
    assert "d-77" not in reason


@pytest.mark.parametrize("status", [400, 404])
def test_a_probe_is_content_if_alvaria_knows_no_such_dialog(server, api, status):
    server.get(f"{APP}/context", json=NOT_FOUND, status=status)

    api.probe()

    assert "sessionId=cention-bridge-check" in server.calls[1].request.url


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        ({"status": 403}, errors.Unauthorised),
        ({"status": 404, "body": "<html>Not here</html>"}, errors.WrongUrl),
        ({"status": 405}, errors.BadRequest),
        ({"status": 500}, errors.IncompleteResponse),
        ({"status": 200, "body": "<html>Log in</html>"}, errors.InvalidResponse),
    ],
)
def test_a_probe_finds_a_wrong_key_and_a_wrong_address(server, api, response, kind):
    server.get(f"{APP}/context", **response)

    with pytest.raises(kind):
        api.probe()


@pytest.mark.parametrize("status", [200, 400, 401])
def test_without_a_token_alvaria_refuses_us(status):
    with responses.RequestsMock() as server:
        server.post(TOKEN_URL, json={"error": "invalid_client"}, status=status)
        api = AlvariaApi(ROOT, TOKEN_URL, account=ACCOUNT, timeouts=TIMEOUTS)

        assert isinstance(api.context("d"), VendorRefusesUs)
        with pytest.raises(errors.ApiError) as caught:
            api.probe()

    assert "s3cret" not in str(caught.value)
