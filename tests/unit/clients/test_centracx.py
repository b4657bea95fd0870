"""CentraCX: what goes over the wire for each documented call."""

from __future__ import annotations

import json
import math
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses

from schemas.surveys.centracx import SessionStatus, Survey
from workers.clients import errors
from workers.clients.http import Timeouts
from workers.clients.surveys.centracx import CentracxApi, Replied, ReplyIn, Started
from workers.clients.surveys.outcomes import Refused, SurelyNotSent, Unknown, VendorRefusesUs

ROOT = "https://acme.centracx.com"
TIMEOUTS = Timeouts(connect_s=1, read_s=1, total_s=2)
SECRET = "p&w@d+#%"
QUESTION = {"text": "How?", "type": "Enter Text"}


@pytest.fixture
def server():
    with responses.RequestsMock() as running:
        yield running


def api(reply_in: ReplyIn = ReplyIn.BODY) -> CentracxApi:
    return CentracxApi(f"{ROOT}/", key="k", secret=SECRET, timeouts=TIMEOUTS, reply_in=reply_in)


def sent(server: responses.RequestsMock) -> tuple[str, str, list[tuple[str, str]], object]:
    """Return method, path, query and body of the only request."""
    [call] = server.calls
    parts = urlsplit(call.request.url)
    body = call.request.body
    return (
        call.request.method,
        parts.path,
        parse_qsl(parts.query, keep_blank_values=True),
        json.loads(body) if body else None,
    )


def test_surveys_are_listed_with_the_credentials_in_the_query(server):
    server.get(f"{ROOT}/surveys", json=[{"id": 2, "description": "Email Survey"}])

    assert api().list_surveys() == (Survey(id=2, description="Email Survey"),)
    assert sent(server) == ("GET", "/surveys", [("apikey", "k"), ("apisecret", SECRET)], None)
    headers = server.calls[0].request.headers
    assert headers["Accept"] == headers["Content-Type"] == "application/json"
    assert "apisecret=p%26w%40d%2B%23%25" in server.calls[0].request.url


@pytest.mark.parametrize("listed", [{"id": 2}, [{"id": "two"}], [2]])
def test_a_list_of_surveys_of_another_form_is_an_invalid_response(server, listed):
    server.get(f"{ROOT}/surveys", json=listed)

    with pytest.raises(errors.InvalidResponse, match="no readable list of surveys"):
        api().list_surveys()


def test_a_start_has_an_empty_object_and_no_session(server):
    server.post(f"{ROOT}/surveys/2", json={"question": QUESTION, "sessionId": "eYzTVujx"})

    started = api().start(2, send_until_s=math.inf)

    assert isinstance(started, Started)
    assert (started.session_id, started.question.text) == ("eYzTVujx", "How?")
    assert sent(server) == ("POST", "/surveys/2", [("apikey", "k"), ("apisecret", SECRET)], {})
    assert "eYzTVujx" not in repr(started)


@pytest.mark.parametrize("status", [200, 201])
def test_a_start_may_be_created_or_accepted(server, status):
    answer = {"question": QUESTION, "sessionId": "eYzTVujx"}
    server.post(f"{ROOT}/surveys/2", json=answer, status=status)

    assert isinstance(api().start(2, send_until_s=math.inf), Started)


def test_a_start_without_the_id_of_a_session_is_unknown(server):
    server.post(f"{ROOT}/surveys/2", json={"question": QUESTION})

    assert isinstance(api().start(2, send_until_s=math.inf), Unknown)


@pytest.mark.parametrize(
    ("answer", "body"),
    [({"feedback": "Å & b"}, {"feedback": "Å & b"}), ({"answer_id": 48}, {"answerId": 48})],
)
def test_a_reply_has_its_session_in_the_query_and_its_answer_in_the_body(server, answer, body):
    server.post(f"{ROOT}/surveys/2", json={"status": 200, "data": {"question": "Why?"}})

    replied = api().reply(2, "eYzTVujx", **answer, send_until_s=math.inf)

    assert isinstance(replied, Replied)
    query = [("apikey", "k"), ("apisecret", SECRET), ("sessionId", "eYzTVujx")]
    assert sent(server) == ("POST", "/surveys/2", query, body)


@pytest.mark.parametrize(
    ("answer", "pair"),
    [({"feedback": "Å & b"}, ("feedback", "Å & b")), ({"answer_id": 48}, ("answerId", "48"))],
)
def test_by_setting_the_answer_stands_in_the_query(server, answer, pair):
    server.post(f"{ROOT}/surveys/2", json={"status": 200, "data": {}})

    api(ReplyIn.QUERY).reply(2, "eYzTVujx", **answer, send_until_s=math.inf)

    query = [("apikey", "k"), ("apisecret", SECRET), ("sessionId", "eYzTVujx"), pair]
    assert sent(server) == ("POST", "/surveys/2", query, {})


def test_a_status_is_asked_for_by_survey_and_session(server):
    server.get(f"{ROOT}/surveys/2", body="{\nstatus: {\nid: 5,\ndescription: 'Complete'\n}\n}")

    assert api().status(2, "eYzTVujx") is SessionStatus.COMPLETE
    query = [("apikey", "k"), ("apisecret", SECRET), ("sessionId", "eYzTVujx")]
    assert sent(server) == ("GET", "/surveys/2", query, None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, VendorRefusesUs),
        (403, VendorRefusesUs),
        (404, Refused),
        (408, Unknown),
        (422, Refused),
        (429, SurelyNotSent),
        (500, Unknown),
        (502, Unknown),
        (503, Unknown),
        (504, Unknown),
        (302, VendorRefusesUs),
    ],
)
def test_the_status_of_a_reply_decides_whether_it_may_have_been_taken(server, status, kind):
    server.post(f"{ROOT}/surveys/2", json={"message": "x"}, status=status)

    outcome = api().reply(2, "eYzTVujx", answer_id=48, send_until_s=math.inf)

    assert isinstance(outcome, kind)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), ("404", Refused), (500, Refused), (401, VendorRefusesUs)],
)
def test_a_status_within_the_body_of_200_decides_as_well(server, status, kind):
    server.post(f"{ROOT}/surveys/2", json={"status": status, "data": {"message": "Bad answer"}})

    outcome = api().reply(2, "eYzTVujx", answer_id=48, send_until_s=math.inf)

    assert isinstance(outcome, kind)
    assert "Bad answer" in outcome.reason


def test_an_error_instead_of_a_status_is_a_refusal(server):
    server.get(f"{ROOT}/surveys/2", json={"status": 404, "data": {"message": "No such survey"}})

    outcome = api().status(2, "eYzTVujx")

    assert isinstance(outcome, Refused)
    assert "No such survey" in outcome.reason


def test_a_404_that_is_not_of_centracx_is_a_wrong_address(server):
    server.post(f"{ROOT}/surveys/2", body="<html>Not here</html>", status=404)

    assert isinstance(api().start(2, send_until_s=math.inf), VendorRefusesUs)
