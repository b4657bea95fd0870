"""The simulated survey vendors, their messages, and the results that robots leave there."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import requests

from tests.integration.sandbox.sandbox_server import SandboxServer, sandbox_server
from tests.support.eventually import eventually

USER = ("sandbox", "sandbox-survey-password")
PATH = "digidesk/api/survey_requests/"
V1_PATH = "digidesk/api/v1/survey_requests/"
SURVEY = {
    "customer_contact": "karin@customer.example",
    "campaign_name": "After an answer",
    "customer_name": "Karin",
    "agent_name": "Åsa Lindqvist",
    "misc_data": {"Invitation": "r-1", "Errand": "2256"},
}
PERSON = {
    "email": "wei@mail.example",
    "mobile": "0211234321",
    "firstName": "Wei",
    "lastName": "Ling",
    "locationDisplayId": "l1",
    "metadata": [{"key": "Invitation", "value": "r-2"}, {"key": "Errand", "value": "33"}],
}
INVITATION = {
    "clientDisplayId": "sandbox-client",
    "programmeDisplayId": "p1",
    "sendData": [PERSON],
}


def post(cention: SandboxServer, path: str, body: Any, **kwargs: Any) -> requests.Response:
    return cention.session.post(f"{cention.root}/{path}", json=body, timeout=10, **kwargs)


def survey_request(cention: SandboxServer, *, path: str = PATH, **members: Any):
    return post(cention, path, SURVEY | members, auth=USER)


def log_in(cention: SandboxServer, password: str = USER[1]) -> requests.Response:
    body = {"username": USER[0], "password": password}
    return post(cention, "customer-radar/auth/login", body)


def invitation(cention: SandboxServer, token: str | None = None, **members: Any):
    token = log_in(cention).json()["token"] if token is None else token
    headers = {"Authorization": token}
    return post(cention, "customer-radar/invitation", INVITATION | members, headers=headers)


def messages(cention: SandboxServer) -> list[dict[str, Any]]:
    return cention.control("truth/surveys")["messages"]


@pytest.mark.parametrize("path", [PATH, V1_PATH])
def test_digidesk_answers_a_survey_request_as_documented(cention, path):
    response = survey_request(cention, path=path)

    answer = response.json()
    assert response.status_code == 201
    assert answer == {"status": "success", "data": answer["data"], "message": None}
    [message] = messages(cention)
    assert (message["vendor"], message["remote_id"]) == ("digidesk", str(answer["data"]))
    assert message["contact"] == "karin@customer.example"
    assert message["survey"] == "After an answer"
    assert message["reference"] == "r-1"
    assert message["pairs"] == SURVEY["misc_data"]


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"customer_contact": ""}, "customer_contact is required."),
        ({"campaign_name": None}, "campaign_name is required."),
        (
            {"agent_name": "x" * 251},
            "agent_name must be a string of at most 250 characters.",
        ),
        ({"misc_data": {str(n): "x" for n in range(11)}}, "misc_data must have at most 10 pairs."),
        ({"misc_data": ["x"]}, "misc_data must have at most 10 pairs."),
        (
            {"misc_data": {"a": 7}},
            "misc_data must hold strings of at most 250 characters.",
        ),
    ],
)
def test_digidesk_refuses_what_is_over_a_limit_and_writes_to_nobody(cention, members, text):
    response = survey_request(cention, **members)

    assert response.status_code == 400
    assert response.json() == {"status": "error", "data": None, "message": [text]}
    assert messages(cention) == []


@pytest.mark.parametrize("auth", [None, ("sandbox", "wrong"), ("other", USER[1])])
def test_digidesk_wants_its_credentials(cention, auth):
    assert post(cention, PATH, SURVEY, auth=auth).status_code == 401
    assert messages(cention) == []


def test_customer_radar_answers_a_login_and_an_invitation_as_documented(cention):
    login = log_in(cention).json()
    response = invitation(cention, login["token"])

    answer = response.json()
    assert set(login) == {"token", "expiration", "userName"}
    assert isinstance(login["expiration"], float)
    assert response.status_code == 200
    assert answer == {"code": "00000", "description": "success", "data": answer["data"]}
    [message] = messages(cention)
    assert (message["vendor"], message["remote_id"]) == ("customer_radar", answer["data"])
    assert (message["contact"], message["channel"]) == ("wei@mail.example", "email")
    assert message["reference"] == "r-2"


def test_customer_radar_sends_an_sms_to_who_has_no_email(cention):
    invitation(cention, sendData=[PERSON | {"email": None}])

    [message] = messages(cention)
    assert (message["contact"], message["channel"]) == ("0211234321", "mobile")


@pytest.mark.parametrize("token", ["", "unknown", "Bearer"])
def test_customer_radar_wants_a_token_of_a_login(cention, token):
    assert invitation(cention, token).status_code == 401
    assert messages(cention) == []


def test_customer_radar_takes_no_word_before_the_token(cention):
    token = log_in(cention).json()["token"]

    assert invitation(cention, f"Bearer {token}").status_code == 401


def test_a_wrong_password_is_told_as_documented(cention):
    assert log_in(cention, "wrong").json() == {
        "code": 2,
        "userMessage": "Wrong password",
        "developerMessage": "Wrong password",
    }


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"clientDisplayId": None}, "clientDisplayId is mandatory."),
        ({"clientDisplayId": "another"}, "No Feedback code found for this clientDisplayId"),
        ({"programmeDisplayId": ""}, "programmeDisplayId is mandatory."),
        ({"sendData": []}, "sendData is mandatory."),
        ({"sendData": ["x"]}, "sendData must be a list of objects."),
        ({"sendData": [PERSON | {"locationDisplayId": ""}]}, "locationDisplayId is mandatory."),
        ({"sendData": [PERSON | {"email": "", "mobile": ""}]}, "email is mandatory."),
        ({"sendData": [PERSON | {"metadata": {"a": "b"}}]}, "metadata must be a list"),
        ({"sendData": [PERSON | {"metadata": [{"key": "a", "value": 7}]}]}, "metadata must be"),
    ],
)
def test_customer_radar_refuses_what_is_missing_or_wrong(cention, members, text):
    response = invitation(cention, **members)

    assert response.status_code == 400
    assert text in response.json()["description"]
    assert messages(cention) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
@pytest.mark.parametrize("path", [PATH, "customer-radar/auth/login", "customer-radar/invitation"])
def test_what_is_no_json_object_is_refused(cention, path, body):
    url = f"{cention.root}/{path}"
    token = {"Authorization": log_in(cention).json()["token"]}
    auth = {"auth": USER} if path == PATH else {"headers": token}

    assert cention.session.post(url, data=body, timeout=10, **auth).status_code == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", [PATH, "customer-radar/invitation", "digidesk/", "digidesk/x"])
def test_no_other_method_or_path_exists(cention, method, path):
    url = f"{cention.root}/{path}"

    assert cention.session.request(method, url, timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("unauthorised", 401),
        ("busy", 503),
        ("not_found", 404),
        ("login_page", 200),
        ("error_500", 500),
        ("error_in_200", 200),
    ],
)
def test_before_these_faults_nobody_is_written_to(cention, fault, status):
    cention.control("faults", {fault: {}})

    assert survey_request(cention).status_code == status
    assert messages(cention) == []


@pytest.mark.parametrize(
    ("fault", "status"),
    [("sent_then_500", 500), ("xml", 201), ("broken_json", 201), ("unreadable", 201)],
)
def test_before_these_faults_somebody_is_written_to(cention, fault, status):
    cention.control("faults", {fault: {}})

    assert survey_request(cention).status_code == status
    assert len(messages(cention)) == 1


@pytest.mark.parametrize(
    ("fault", "count"), [("dropped", 0), ("sent_then_dropped", 1), ("truncated", 1)]
)
def test_a_connection_may_end_before_or_after_somebody_is_written_to(cention, fault, count):
    cention.control("faults", {fault: {}})

    with pytest.raises(requests.RequestException):
        survey_request(cention)

    assert len(messages(cention)) == count


def test_what_a_vendor_refuses_is_a_refusal_whatever_was_to_happen_afterwards(cention):
    cention.control("faults", {"sent_then_500": {}})

    assert survey_request(cention, customer_contact="").status_code == 400
    assert messages(cention) == []


def test_an_old_path_may_be_gone(cention):
    cention.control("faults", {"v1_only": {}, "sent_then_500": {"times": 1}})

    assert survey_request(cention).status_code == 404
    assert survey_request(cention, path=V1_PATH).status_code == 201


def test_tokens_may_expire_before_their_time(cention):
    token = log_in(cention).json()["token"]
    cention.control("faults", {"token_expired": {"times": 1}})

    assert [invitation(cention, token).status_code for _ in range(2)] == [401, 401]
    assert invitation(cention).status_code == 200


def test_a_fault_of_survey_vendors_strikes_neither_cention_nor_the_other_vendor(cention):
    cention.control("faults", {"wrong_code": {"times": 1}, "xml": {"times": 1}})

    assert cention.api("c3_dirty_errand_list").status_code == 200
    assert survey_request(cention).text.startswith("<?xml")
    assert invitation(cention).json()["code"] == "20017"


def test_a_fault_may_be_kept_to_one_vendor(cention):
    cention.control("faults", {"error_500": {"types": ["customer_radar.invitation"]}})

    assert survey_request(cention).status_code == 201
    assert log_in(cention).status_code == 200
    assert invitation(cention).status_code == 500
    assert cention.control("stats")["requests"] == {
        "POST digidesk.survey_requests 201": 1,
        "POST customer_radar.login 200": 2,
        "POST customer_radar.invitation 500": 1,
    }


def test_robots_answer_and_their_results_have_the_reference(cention):
    cention.control("surveys/robots", {"share": 1, "within_s": 0})
    survey_request(cention)
    invitation(cention)

    [request] = cention.control("surveys/results/digidesk")["rows"]
    [feedback] = cention.control("surveys/results/customer_radar")["rows"]

    by_vendor = {message["vendor"]: message for message in messages(cention)}
    expected = by_vendor["digidesk"]["answer"]
    assert (request["Invitation"], request["Errand"]) == ("r-1", "2256")
    assert (request["Score"], request["Comment"]) == (expected["score"], expected["comment"])
    assert request["Survey Request"] == by_vendor["digidesk"]["remote_id"]
    assert (feedback["Invitation"], feedback["Errand"]) == ("r-2", "33")
    assert 1 <= feedback["Rating"] <= 5


def test_results_are_csv_as_well(cention):
    cention.control("surveys/robots", {"share": 1, "within_s": 0})
    survey_request(cention)
    survey_request(cention, misc_data={"Contact Reason": 'A "bill"; or, two'})
    url = f"{cention.root}/sandbox/surveys/results/digidesk"

    response = cention.session.get(url, params={"format": "csv"}, timeout=10)

    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    listed = cention.control("surveys/results/digidesk")["rows"]
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert [{name: row.get(name, "") for name in rows[0]} for row in listed] == [
        {**row, "Score": int(row["Score"])} for row in rows
    ]


def test_there_may_be_no_results(cention):
    url = f"{cention.root}/sandbox/surveys/results/customer_radar?format=csv"

    assert cention.control("surveys/results/customer_radar") == {"rows": []}
    assert cention.session.get(url, timeout=10).content == b""


def test_robots_answer_a_share_of_the_messages_after_a_while():
    with sandbox_server() as cention:
        cention.control("surveys/robots", {"share": 0.5, "within_s": 0.2})
        for _ in range(60):
            survey_request(cention)
        answering = [one for one in messages(cention) if one["answer"]]

        rows = eventually(
            lambda: [
                found
                for found in [cention.control("surveys/results/digidesk")["rows"]]
                if len(found) == len(answering)
            ]
        )

    assert 15 < len(answering) < 45
    assert len(rows[0]) == len(answering)


@pytest.mark.parametrize(
    "body", [{"share": 2}, {"share": "all"}, {"within_s": -1}, {"within_s": True}, {"often": 1}]
)
def test_robots_take_no_other_orders(cention, body):
    response = post(cention, "sandbox/surveys/robots", body)

    assert response.status_code == 400
    assert response.json()["error"]


def test_no_other_format_exists(cention):
    url = f"{cention.root}/sandbox/surveys/results/digidesk?format=xlsx"

    assert cention.session.get(url, timeout=10).status_code == 400
