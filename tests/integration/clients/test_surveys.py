"""The clients of the survey vendors, against simulated vendors that know whom they wrote to."""

from __future__ import annotations

import dataclasses
import math
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from schemas.surveys.customer_radar import Credentials, Invitation
from schemas.surveys.digidesk import SurveyRequest
from tests.integration.clients.conftest import CloseConnection
from tests.integration.sandbox.sandbox_server import SandboxServer, sandbox_server
from workers.clients import errors
from workers.clients.http import Timeouts
from workers.clients.surveys.customer_radar import CustomerRadarApi
from workers.clients.surveys.digidesk import DigideskApi
from workers.clients.surveys.outcomes import (
    Outcome,
    Refused,
    SurelyNotSent,
    Triggered,
    Unknown,
    VendorRefusesUs,
)

PASSWORD = "sandbox-survey-password"
TIMEOUTS = Timeouts(connect_s=2, read_s=5, total_s=10)
HASTY = Timeouts(connect_s=2, read_s=0.2, total_s=0.5)
REQUEST = SurveyRequest(
    customer_contact="karin@customer.example",
    campaign_name="After an answer",
    reference="r-1",
    display_id="2256",
    customer_name="Karin Öberg",
    account_number="ABC123",
    agent_name="Åsa Lindqvist",
    misc_data={"Contact Reason": "Faktura är fel 🐌"},
)
INVITATION = Invitation(
    client_display_id="sandbox-client",
    programme_display_id="p1",
    location_display_id="l1",
    pom_display_id="pom1",
    reference="r-1",
    display_id="2256",
    email="karin@customer.example",
    first_name="Karin",
    last_name="Öberg",
    metadata={"Contact Reason": "Faktura är fel 🐌"},
)
VENDORS = ("digidesk", "customer_radar")
TYPES = {"digidesk": "digidesk.survey_requests", "customer_radar": "customer_radar.invitation"}


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with sandbox_server() as running:
        yield running


def digidesk(root: str, *, password: str = PASSWORD, timeouts: Timeouts = TIMEOUTS) -> DigideskApi:
    url = f"{root}/digidesk/api/survey_requests/"
    return DigideskApi(url, user="sandbox", password=password, timeouts=timeouts)


def customer_radar(
    root: str, *, password: str = PASSWORD, timeouts: Timeouts = TIMEOUTS
) -> CustomerRadarApi:
    credentials = Credentials(username="sandbox", password=password)
    return CustomerRadarApi(f"{root}/customer-radar", credentials=credentials, timeouts=timeouts)


def invited(vendor: str, root: str, *, send_until_s: float = math.inf, **chosen: Any) -> Outcome:
    if vendor == "digidesk":
        return digidesk(root, **chosen).invite(REQUEST, send_until_s=send_until_s)
    return customer_radar(root, **chosen).invite(INVITATION, send_until_s=send_until_s)


def messages(sandbox: SandboxServer) -> list[dict[str, Any]]:
    return sandbox.control("truth/surveys")["messages"]


def fault(sandbox: SandboxServer, vendor: str, name: str, **switch: Any) -> None:
    sandbox.control("faults", {name: {"types": [TYPES[vendor]], **switch}})


@pytest.mark.parametrize("vendor", VENDORS)
def test_one_invitation_is_one_message_with_our_reference(sandbox, vendor):
    outcome = invited(vendor, sandbox.root)

    [message] = messages(sandbox)
    assert outcome == Triggered(remote_id=message["remote_id"])
    assert (message["vendor"], message["contact"]) == (vendor, "karin@customer.example")
    assert message["name"] == "Karin Öberg"
    assert message["pairs"] == {
        "Invitation": "r-1",
        "Errand": "2256",
        "Contact Reason": "Faktura är fel 🐌",
    }


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("sent_then_dropped", 1),
        ("sent_then_500", 1),
        ("truncated", 1),
        ("broken_json", 1),
        ("unreadable", 1),
        ("dropped", 0),
        ("error_500", 0),
        ("login_page", 0),
    ],
)
def test_an_answer_that_says_nothing_leaves_it_unknown_and_is_asked_for_once(
    sandbox, vendor, name, sent
):
    fault(sandbox, vendor, name)

    assert isinstance(invited(vendor, sandbox.root), Unknown)
    assert len(messages(sandbox)) == sent
    assert sandbox.control("stats")["faults"] == {name: 1}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("name", ["latency", "slow_body"])
def test_an_answer_that_does_not_come_in_time_leaves_it_unknown(sandbox, vendor, name):
    fault(sandbox, vendor, name, seconds=30)

    assert isinstance(invited(vendor, sandbox.root, timeouts=HASTY), Unknown)
    assert len(messages(sandbox)) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_busy_vendor_has_surely_not_sent(sandbox, vendor):
    fault(sandbox, vendor, "busy", seconds=7)

    outcome = invited(vendor, sandbox.root)

    assert isinstance(outcome, SurelyNotSent)
    assert outcome.retry_after_s == 7
    assert messages(sandbox) == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_that_is_away_has_surely_not_sent(vendor):
    with sandbox_server() as sandbox:
        root = sandbox.root

    assert isinstance(invited(vendor, root), SurelyNotSent)


@pytest.mark.parametrize("vendor", VENDORS)
def test_wrong_credentials_pause_the_vendor(sandbox, vendor):
    assert isinstance(invited(vendor, sandbox.root, password="wrong"), VendorRefusesUs)
    assert messages(sandbox) == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_key_that_is_revoked_pauses_the_vendor(sandbox, vendor):
    fault(sandbox, vendor, "unauthorised")

    assert isinstance(invited(vendor, sandbox.root), VendorRefusesUs)
    assert messages(sandbox) == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_the_vendor_does_not_find_is_a_refusal_of_this_invitation(sandbox, vendor):
    fault(sandbox, vendor, "not_found")

    assert isinstance(invited(vendor, sandbox.root), Refused)
    assert messages(sandbox) == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_nothing_leaves_after_the_deadline(sandbox, vendor):
    outcome = invited(vendor, sandbox.root, send_until_s=time.monotonic())

    assert isinstance(outcome, SurelyNotSent)
    assert messages(sandbox) == []
    assert sandbox.control("stats")["requests"] == {}


def test_an_invitation_that_a_slow_login_delayed_does_not_leave_after_the_deadline(sandbox):
    sandbox.control("faults", {"latency": {"types": ["customer_radar.login"], "seconds": 0.4}})

    outcome = invited("customer_radar", sandbox.root, send_until_s=time.monotonic() + 0.2)

    assert isinstance(outcome, SurelyNotSent)
    assert messages(sandbox) == []
    assert sandbox.control("stats")["requests"] == {"POST customer_radar.login 200": 1}


def test_an_error_in_200_is_a_refusal_of_digidesk(sandbox):
    fault(sandbox, "digidesk", "error_in_200")

    outcome = invited("digidesk", sandbox.root)

    assert isinstance(outcome, Refused)
    assert "Not accepted" in outcome.reason
    assert messages(sandbox) == []


def test_xml_that_digidesk_was_not_asked_for_leaves_it_unknown(sandbox):
    fault(sandbox, "digidesk", "xml")

    assert isinstance(invited("digidesk", sandbox.root), Unknown)
    assert len(messages(sandbox)) == 1


def test_where_only_the_path_with_v1_exists_digidesk_is_asked_there_from_then_on(sandbox):
    fault(sandbox, "digidesk", "v1_only")
    api = digidesk(sandbox.root)

    outcomes = [api.invite(REQUEST, send_until_s=math.inf) for _ in range(3)]

    assert all(isinstance(outcome, Triggered) for outcome in outcomes)
    assert len(messages(sandbox)) == 3
    assert sandbox.control("stats")["requests"] == {
        "POST digidesk.survey_requests 404": 1,
        "POST digidesk.survey_requests 201": 3,
    }


def test_another_code_is_a_refusal_of_customer_radar(sandbox):
    fault(sandbox, "customer_radar", "wrong_code")

    outcome = invited("customer_radar", sandbox.root)

    assert isinstance(outcome, Refused)
    assert "Send Rule" in outcome.reason
    assert messages(sandbox) == []


def test_an_unknown_client_pauses_customer_radar(sandbox):
    invitation = dataclasses.replace(INVITATION, client_display_id="another")

    outcome = customer_radar(sandbox.root).invite(invitation, send_until_s=math.inf)

    assert isinstance(outcome, VendorRefusesUs)
    assert "No Feedback code found" in outcome.reason


def test_after_tokens_have_expired_one_more_login_and_one_message(sandbox):
    api = customer_radar(sandbox.root)
    api.invite(INVITATION, send_until_s=math.inf)
    fault(sandbox, "customer_radar", "token_expired", times=1)

    assert isinstance(api.invite(INVITATION, send_until_s=math.inf), Triggered)

    assert len(messages(sandbox)) == 2
    assert sandbox.control("stats")["requests"] == {
        "POST customer_radar.login 200": 2,
        "POST customer_radar.invitation 200": 2,
        "POST customer_radar.invitation 401": 1,
    }


def test_many_invitations_at_once_share_one_login(sandbox):
    api = customer_radar(sandbox.root)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(
            pool.map(lambda _: api.invite(INVITATION, send_until_s=math.inf), range(24))
        )

    assert all(isinstance(outcome, Triggered) for outcome in outcomes)
    assert len(messages(sandbox)) == 24
    assert sandbox.control("stats")["requests"]["POST customer_radar.login 200"] == 1


def test_many_invitations_whose_token_has_expired_share_one_more_login(sandbox):
    api = customer_radar(sandbox.root)
    api.invite(INVITATION, send_until_s=math.inf)
    fault(sandbox, "customer_radar", "token_expired", times=1)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(
            pool.map(lambda _: api.invite(INVITATION, send_until_s=math.inf), range(16))
        )

    assert all(isinstance(outcome, Triggered) for outcome in outcomes)
    assert len(messages(sandbox)) == 17
    assert sandbox.control("stats")["requests"]["POST customer_radar.login 200"] == 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("error_in_200", VendorRefusesUs),
        ("unauthorised", VendorRefusesUs),
        ("busy", SurelyNotSent),
        ("error_500", SurelyNotSent),
        ("dropped", SurelyNotSent),
        ("truncated", SurelyNotSent),
        ("broken_json", SurelyNotSent),
        ("login_page", SurelyNotSent),
    ],
)
def test_whatever_happens_to_a_login_nobody_has_been_written_to(sandbox, name, kind):
    sandbox.control("faults", {name: {"types": ["customer_radar.login"]}})

    assert isinstance(invited("customer_radar", sandbox.root), kind)
    assert messages(sandbox) == []


def test_a_probe_of_customer_radar_writes_to_nobody(sandbox):
    customer_radar(sandbox.root).probe()

    with pytest.raises(errors.Unauthorised, match="Wrong password"):
        customer_radar(sandbox.root, password="another").probe()
    assert messages(sandbox) == []


def test_no_request_goes_out_on_a_connection_that_was_used_before(serve):
    """This vendor keeps connections open, and closes each at its second request."""
    body = b'{"status": "success", "data": 1}'

    def answer_once(connection: socket.socket) -> None:
        if len(server.heads[-1]) > 1:
            raise CloseConnection
        connection.sendall(b"HTTP/1.1 201 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    server = serve(answer_once)
    api = digidesk(server.url.removesuffix("/s/demo"))

    outcomes = [api.invite(REQUEST, send_until_s=math.inf) for _ in range(3)]

    assert outcomes == [Triggered(remote_id="1")] * 3
    assert all(b"connection: close" in heads[0].lower() for heads in server.heads)
