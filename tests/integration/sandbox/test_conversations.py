"""The simulated CentraCX and Alvaria: sessions question by question, and dialogs with outcomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from tests.integration.sandbox.sandbox_server import SandboxServer

PASSWORD = "sandbox-survey-password"
CREDENTIALS = {"apikey": "sandbox", "apisecret": PASSWORD}
APP = "alvaria/via/v2/organizations/sandbox/customerexperience/disposableApp"
TOKEN_PATH = "alvaria/tokenservice/oauth2/access_token"
FORM = {
    "grant_type": "client_credentials",
    "scope": "customerexperienceapi",
    "realm": "sandbox",
}
OUTCOME = {
    "kind": "cxp#disposableAppOutcome",
    "variables": [{"id": "npsScore", "value": "9"}],
}


def centracx(
    cention: SandboxServer, method: str, path: str = "surveys/2", body: Any = None, **query: str
) -> requests.Response:
    return cention.session.request(
        method,
        f"{cention.root}/centracx/{path}",
        params=CREDENTIALS | query,
        json={} if body is None and method == "POST" else body,
        timeout=10,
    )


def started(cention: SandboxServer, path: str = "surveys/2") -> str:
    return centracx(cention, "POST", path).json()["sessionId"]


def replied(cention: SandboxServer, session_id: str, **body: Any) -> requests.Response:
    return centracx(cention, "POST", body=body, sessionId=session_id)


def status_of(cention: SandboxServer, session_id: str) -> str:
    return centracx(cention, "GET", sessionId=session_id).json()["status"]["description"]


def sessions(cention: SandboxServer) -> list[dict[str, Any]]:
    return cention.control("truth/surveys")["sessions"]


def token_of(cention: SandboxServer, **members: str) -> requests.Response:
    return cention.session.post(
        f"{cention.root}/{TOKEN_PATH}",
        params={"realm": "sandbox"},
        data=FORM | members,
        auth=("sandbox", PASSWORD),
        timeout=10,
    )


def alvaria(
    cention: SandboxServer,
    method: str,
    what: str,
    session_id: str,
    *,
    body: Any = None,
    **headers: str,
) -> requests.Response:
    token = token_of(cention).json()["access_token"]
    usual = {"Authorization": f"Bearer {token}", "x-api-key": "sandbox-api-key"}
    return cention.session.request(
        method,
        f"{cention.root}/{APP}/{what}",
        params={"sessionId": session_id},
        headers=usual | {name.replace("_", "-"): value for name, value in headers.items()},
        json=body,
        timeout=10,
    )


def dialogs(cention: SandboxServer) -> list[dict[str, Any]]:
    return cention.control("truth/surveys")["dialogs"]


def dialog(cention: SandboxServer, **body: Any) -> str:
    return cention.control("surveys/dialogs", body)["session_id"]


def test_centracx_lists_its_surveys(cention):
    assert centracx(cention, "GET", "surveys").json()[0] == {"id": 2, "description": "Email Survey"}


@pytest.mark.parametrize("wrong", [{"apikey": "other"}, {"apisecret": "x"}, {"apisecret": ""}])
def test_centracx_wants_its_credentials_in_the_query(cention, wrong):
    assert centracx(cention, "GET", "surveys", **wrong).status_code == 401
    assert centracx(cention, "POST", **wrong).status_code == 401
    assert sessions(cention) == []


def test_a_start_is_as_documented(cention):
    answer = centracx(cention, "POST").json()

    assert answer["message"] == "New Session Started"
    assert answer["survey"] == {"title": "Email Survey"}
    assert answer["question"]["type"] == "Choose one"
    assert answer["question"]["answers"][0] == {
        "text": "Discussion with family and friends",
        "id": 48,
        "value": "1",
    }
    assert len(answer["sessionId"]) == 8


def test_a_session_goes_on_by_its_replies_and_the_truth_has_them(cention):
    session_id = started(cention)

    assert status_of(cention, session_id) == "Partially Complete"
    second = replied(cention, session_id, answerId=81).json()["data"]["question"]
    third = replied(cention, session_id, answerId=second["answers"][9]["id"]).json()
    assert third["data"]["question"]["type"] == "Enter Text"
    last = replied(cention, session_id, feedback="Nothing").json()

    assert "question" not in last["data"]
    assert status_of(cention, session_id) == "Complete"
    [session] = sessions(cention)
    assert (session["session_id"], session["survey"]) == (session_id, 2)
    assert session["status"] == "Complete"
    assert [one.get("answer") or one["feedback"] for one in session["replies"]] == [
        "Higher returns",
        "9",
        "Nothing",
    ]


def test_an_answer_may_stand_in_the_query(cention):
    session_id = started(cention)

    assert centracx(cention, "POST", sessionId=session_id, answerId="48").status_code == 200
    assert sessions(cention)[0]["replies"][0]["answer_id"] == 48


def test_without_a_session_a_reply_begins_another(cention):
    first = started(cention)
    centracx(cention, "POST", body={"answerId": 48}, sessionId="")

    assert [len(session["replies"]) for session in sessions(cention)] == [0, 0]
    assert sessions(cention)[0]["session_id"] == first


@pytest.mark.parametrize("body", [{}, {"answerId": 1}, {"answerId": "x"}, {"feedback": "Other"}])
def test_an_answer_that_was_not_offered_is_refused(cention, body):
    response = replied(cention, started(cention), **body)

    assert response.status_code == 400
    assert response.json()["status"] == 400
    assert sessions(cention)[0]["replies"] == []


def test_sessions_that_are_unknown_or_complete_take_no_reply(cention):
    session_id = started(cention)
    for body in ({"answerId": 48}, {"answerId": 120}, {"feedback": "x"}):
        replied(cention, session_id, **body)

    assert replied(cention, session_id, feedback="y").status_code == 400
    assert replied(cention, "unknown", feedback="y").status_code == 404
    assert replied(cention, session_id.swapcase(), feedback="y").status_code == 404
    assert status_of(cention, "unknown") == "Invalid"
    assert centracx(cention, "POST", "surveys/99").status_code == 404


def test_one_survey_has_a_question_that_nobody_can_answer(cention):
    session_id = started(cention, "surveys/3")
    answer = centracx(cention, "POST", "surveys/3", {"answerId": 120}, sessionId=session_id)

    assert answer.json()["data"]["question"]["type"] == "Rank Order"


def test_a_reply_may_have_the_shape_of_a_start(cention):
    cention.control("surveys/centracx", {"shape": "as_start"})

    answer = replied(cention, started(cention), answerId=48).json()

    assert answer["question"]["text"] == "How likely are you to recommend us?"


def test_replies_and_statuses_may_have_bare_words_as_the_samples_have(cention):
    cention.control("surveys/centracx", {"shape": "bare"})
    session_id = started(cention)

    reply = replied(cention, session_id, answerId=48).text
    status = centracx(cention, "GET", sessionId=session_id).text

    assert reply.startswith(
        "{\nstatus: 200\ndata: {\nquestion: How likely are you to recommend us?"
    )
    assert status == "{\nstatus: {\nid: 5\ndescription: Partially Complete\n}\n}"


@pytest.mark.parametrize("body", [{}, {"shape": "round"}, {"shape": "bare", "more": 1}])
def test_no_other_shape_exists(cention, body):
    url = f"{cention.root}/sandbox/surveys/centracx"

    assert cention.session.post(url, json=body, timeout=10).status_code == 400


def test_a_question_may_be_a_text_with_its_answers_beside_it(cention):
    cention.control("faults", {"question_as_text": {}})

    answer = replied(cention, started(cention), answerId=48).json()["data"]

    assert answer["question"] == "How likely are you to recommend us?"
    assert answer["type"] == "Choose One"
    assert len(answer["answers"]) == 11


def test_a_reply_may_be_taken_and_not_answered(cention):
    session_id = started(cention)
    cention.control("faults", {"reply_lost": {}})

    with pytest.raises(requests.ConnectionError):
        replied(cention, session_id, answerId=48)

    assert len(sessions(cention)[0]["replies"]) == 1
    assert status_of(cention, session_id) == "Partially Complete"


def test_an_error_of_centracx_may_come_in_200(cention):
    session_id = started(cention)
    cention.control("faults", {"error_in_200": {}})

    response = replied(cention, session_id, answerId=48)

    assert (response.status_code, response.json()["status"]) == (200, 400)
    assert sessions(cention)[0]["replies"] == []


def test_alvaria_answers_with_a_token_as_documented(cention):
    answer = token_of(cention).json()

    assert answer == {
        "access_token": answer["access_token"],
        "scope": "customerexperienceapi",
        "token_type": "Bearer",
        "expires_in": 3599,
    }


@pytest.mark.parametrize(
    "members", [{"realm": ""}, {"realm": "other"}, {"scope": "x"}, {"grant_type": "password"}]
)
def test_alvaria_refuses_another_realm_scope_or_grant(cention, members):
    assert token_of(cention, **members).status_code == 400


def test_alvaria_wants_the_credentials_of_the_client(cention):
    url = f"{cention.root}/{TOKEN_PATH}"

    assert (
        cention.session.post(url, data=FORM, auth=("sandbox", "x"), timeout=10).status_code == 401
    )


def test_a_dialog_about_an_errand_has_a_context_and_takes_an_outcome(cention):
    errand_id = cention.new_errand()
    session_id = dialog(cention, errand_id=errand_id, language="sv")

    context = alvaria(cention, "GET", "context", session_id).json()
    outcome = alvaria(cention, "POST", "outcome", session_id, body=OUTCOME)

    assert context["kind"] == "cxp#disposableAppContext"
    assert json.loads(context["content"]) == {
        "errand": str(errand_id),
        "language": "sv",
        "channel": "chat",
    }
    assert (outcome.status_code, outcome.content) == (204, b"")
    [found] = dialogs(cention)
    assert (found["session_id"], found["errand_id"]) == (session_id, errand_id)
    assert found["contexts_read"] == 1
    assert found["outcomes"] == [{"npsScore": "9"}]


def test_a_second_outcome_would_be_seen(cention):
    session_id = dialog(cention, content="Context")
    for _ in range(2):
        alvaria(cention, "POST", "outcome", session_id, body=OUTCOME)

    assert len(dialogs(cention)[0]["outcomes"]) == 2
    assert alvaria(cention, "GET", "context", session_id).json()["content"] == "Context"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Authorization": "Bearer x"}, 401), ({"Authorization": ""}, 401), ({"x_api_key": "x"}, 403)],
)
def test_alvaria_wants_a_token_and_its_key(cention, headers, status):
    session_id = dialog(cention)

    assert alvaria(cention, "GET", "context", session_id, **headers).status_code == status
    assert dialogs(cention)[0]["contexts_read"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "other", "variables": []},
        {"kind": OUTCOME["kind"], "variables": {"a": "b"}},
        {"kind": OUTCOME["kind"], "variables": [{"id": "a", "value": 9}]},
        {"kind": OUTCOME["kind"], "variables": [{"id": "", "value": "9"}]},
    ],
)
def test_alvaria_takes_texts_alone(cention, body):
    session_id = dialog(cention)

    response = alvaria(cention, "POST", "outcome", session_id, body=body)

    assert response.status_code == 400
    assert response.json()["code"] == "400"
    assert dialogs(cention)[0]["outcomes"] == []


def test_a_dialog_that_ended_or_never_was_is_not_found(cention):
    session_id = dialog(cention)
    cention.control("surveys/dialogs/end", {"session_id": session_id})

    for unknown in (session_id, "never"):
        response = alvaria(cention, "GET", "context", unknown)
        assert response.status_code == 404
        assert response.json()["message"] == "Dialog Id not found on the cluster"
        assert alvaria(cention, "POST", "outcome", unknown, body=OUTCOME).status_code == 404
    assert dialogs(cention)[0]["ended"]


def test_a_dialog_may_end_before_its_outcome_arrives(cention):
    session_id = dialog(cention)
    cention.control("faults", {"dialog_gone": {"types": ["alvaria.outcome"], "times": 1}})

    assert alvaria(cention, "GET", "context", session_id).status_code == 200
    assert alvaria(cention, "POST", "outcome", session_id, body=OUTCOME).status_code == 404
    assert alvaria(cention, "GET", "context", session_id).status_code == 404


def test_tokens_of_alvaria_may_expire_before_their_time(cention):
    session_id = dialog(cention)
    cention.control("faults", {"token_expired": {"times": 1}})

    assert alvaria(cention, "GET", "context", session_id).status_code == 401
    assert alvaria(cention, "GET", "context", session_id).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("surveys/dialogs", {"errand_id": 12}),
        ("surveys/dialogs", {"errand_id": "x"}),
        ("surveys/dialogs", {"language": 7}),
        ("surveys/dialogs", {"errand": 7}),
        ("surveys/dialogs/end", {"session_id": "never"}),
        ("surveys/dialogs/end", {}),
    ],
)
def test_dialogs_take_no_other_orders(cention, path, body):
    url = f"{cention.root}/sandbox/{path}"

    assert cention.session.post(url, json=body, timeout=10).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "centracx/surveys"),
        ("POST", "centracx/surveys"),
        ("GET", "centracx/surveys/x"),
        ("GET", TOKEN_PATH),
        ("POST", f"{APP}/context"),
        ("GET", f"{APP}/outcome"),
        ("GET", "alvaria/via/v2/organizations/other/customerexperience/disposableApp/context"),
    ],
)
def test_no_other_method_or_path_of_both_exists(cention, method, path):
    assert cention.session.request(method, f"{cention.root}/{path}", timeout=10).status_code == 404
