"""The clients of CentraCX and Alvaria, against simulated vendors that know what they were told."""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from schemas.surveys.alvaria import Context
from schemas.surveys.centracx import (
    NoQuestion,
    Question,
    QuestionKind,
    SessionStatus,
    Survey,
)
from tests.integration.clients.conftest import CloseConnection
from tests.integration.sandbox.sandbox_server import SandboxServer, sandbox_server
from workers.clients import errors
from workers.clients.http import Timeouts
from workers.clients.surveys.alvaria import Account, AlvariaApi, DialogGone, Taken
from workers.clients.surveys.centracx import CentracxApi, Replied, ReplyIn, Started
from workers.clients.surveys.outcomes import Refused, SurelyNotSent, Unknown, VendorRefusesUs

PASSWORD = "sandbox-survey-password"
TIMEOUTS = Timeouts(connect_s=2, read_s=5, total_s=10)
HASTY = Timeouts(connect_s=2, read_s=0.2, total_s=0.5)
SURVEY = 2
AWKWARD = "p&w@d+#% å/?="  # a secret with everything that a query must not carry as it is


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with sandbox_server() as running:
        yield running


def centracx(
    root: str,
    *,
    secret: str = PASSWORD,
    timeouts: Timeouts = TIMEOUTS,
    reply_in: ReplyIn = ReplyIn.BODY,
) -> CentracxApi:
    url = f"{root}/centracx"
    return CentracxApi(url, key="sandbox", secret=secret, timeouts=timeouts, reply_in=reply_in)


def alvaria(
    root: str,
    *,
    timeouts: Timeouts = TIMEOUTS,
    clock: Callable[[], float] = time.time,
    **chosen: str,
) -> AlvariaApi:
    usual = {
        "org": "sandbox",
        "client_id": "sandbox",
        "secret": PASSWORD,
        "api_key": "sandbox-api-key",
        "scope": "customerexperienceapi",
    }
    return AlvariaApi(
        f"{root}/alvaria",
        f"{root}/alvaria/tokenservice/oauth2/access_token",
        account=Account(**usual | chosen),
        timeouts=timeouts,
        clock=clock,
    )


def start(api: CentracxApi, survey_id: int = SURVEY) -> Started:
    started = api.start(survey_id, send_until_s=math.inf)
    assert isinstance(started, Started)
    return started


def reply(api: CentracxApi, session_id: str, **answer: Any) -> Any:
    return api.reply(SURVEY, session_id, **answer, send_until_s=math.inf)


def sessions(sandbox: SandboxServer) -> list[dict[str, Any]]:
    return sandbox.control("truth/surveys")["sessions"]


def dialogs(sandbox: SandboxServer) -> list[dict[str, Any]]:
    return sandbox.control("truth/surveys")["dialogs"]


def dialog(sandbox: SandboxServer, **body: Any) -> str:
    return sandbox.control("surveys/dialogs", body)["session_id"]


def send(api: AlvariaApi, session_id: str, send_until_s: float = math.inf) -> Any:
    return api.send_outcome(session_id, {"npsScore": 9, "why": "Bra"}, send_until_s=send_until_s)


def fault(sandbox: SandboxServer, name: str, type_: str, **switch: Any) -> None:
    sandbox.control("faults", {name: {"types": [type_], **switch}})


def requests_of(sandbox: SandboxServer) -> dict[str, int]:
    return sandbox.control("stats")["requests"]


# CentraCX


def test_centracx_lists_its_surveys(sandbox):
    assert centracx(sandbox.root).list_surveys()[0] == Survey(id=2, description="Email Survey")


@pytest.mark.parametrize("shape", ["in_data", "as_start", "bare"])
@pytest.mark.parametrize("reply_in", list(ReplyIn))
def test_a_survey_is_answered_question_by_question_whatever_the_shape(sandbox, shape, reply_in):
    sandbox.control("surveys/centracx", {"shape": shape})
    api = centracx(sandbox.root, reply_in=reply_in)

    started = start(api)
    session_id = started.session_id
    assert started.question.choices[0].id == 48
    second = reply(api, session_id, answer_id=48).question
    assert second.text == "How likely are you to recommend us?"
    assert api.status(SURVEY, session_id) is SessionStatus.PARTIALLY_COMPLETE
    third = reply(api, session_id, answer_id=second.choices[9].id).question
    assert third == Question(text="What could we do better?", kind=QuestionKind.TEXT)
    last = reply(api, session_id, feedback="Nothing, it's & was good 🐌?")

    assert last == Replied(question=None)
    assert api.status(SURVEY, session_id) is SessionStatus.COMPLETE
    [session] = sessions(sandbox)
    assert [one.get("answer") or one["feedback"] for one in session["replies"]] == [
        "Discussion with family and friends",
        "9",
        "Nothing, it's & was good 🐌?",
    ]


def test_a_question_that_is_a_text_keeps_the_choices_beside_it(sandbox):
    sandbox.control("faults", {"question_as_text": {}})
    api = centracx(sandbox.root)

    started = start(api)
    following = reply(api, started.session_id, answer_id=48).question

    assert [choice.id for choice in started.question.choices] == [48, 47, 81, 46, 45]
    assert len(following.choices) == 11


def test_a_question_of_an_unknown_type_is_not_guessed(sandbox):
    api = centracx(sandbox.root)
    started = start(api, 3)

    following = api.reply(3, started.session_id, answer_id=120, send_until_s=math.inf)

    assert isinstance(following, Replied)
    assert isinstance(following.question, NoQuestion)
    assert "'Rank Order'" in following.question.problem


@pytest.mark.parametrize("session_id", ["", " ", "a\nb", "x" * 201])
def test_a_reply_without_a_session_is_refused_since_it_would_begin_another(sandbox, session_id):
    outcome = reply(centracx(sandbox.root), session_id, answer_id=48)

    assert isinstance(outcome, Refused)
    assert requests_of(sandbox) == {}


@pytest.mark.parametrize("answer", [{}, {"feedback": "x", "answer_id": 48}])
def test_a_reply_that_is_not_one_answer_is_refused(sandbox, answer):
    assert isinstance(reply(centracx(sandbox.root), "eYzTVujx", **answer), Refused)
    assert requests_of(sandbox) == {}


def test_a_choice_that_was_not_offered_is_a_refusal_of_this_answer(sandbox):
    api = centracx(sandbox.root)

    outcome = reply(api, start(api).session_id, answer_id=7)

    assert isinstance(outcome, Refused)
    assert "answerId is not one of the answers" in outcome.reason


def test_an_error_in_the_body_of_200_is_a_refusal(sandbox):
    api = centracx(sandbox.root)
    session_id = start(api).session_id
    fault(sandbox, "error_in_200", "centracx.reply")

    outcome = reply(api, session_id, answer_id=48)

    assert isinstance(outcome, Refused)
    assert "Not accepted" in outcome.reason
    assert sessions(sandbox)[0]["replies"] == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("reply_lost", 1),
        ("sent_then_dropped", 1),
        ("sent_then_500", 1),
        ("truncated", 1),
        ("broken_json", 1),
        ("dropped", 0),
        ("error_500", 0),
        ("login_page", 0),
    ],
)
def test_a_reply_whose_answer_says_nothing_is_unknown_and_sent_once(sandbox, name, kept):
    api = centracx(sandbox.root)
    session_id = start(api).session_id
    fault(sandbox, name, "centracx.reply")

    assert isinstance(reply(api, session_id, answer_id=48), Unknown)
    assert len(sessions(sandbox)[0]["replies"]) == kept
    assert sandbox.control("stats")["faults"] == {name: 1}
    assert api.status(SURVEY, session_id) is SessionStatus.PARTIALLY_COMPLETE


@pytest.mark.parametrize("name", ["sent_then_dropped", "error_500", "truncated", "login_page"])
def test_a_start_whose_answer_says_nothing_is_unknown(sandbox, name):
    fault(sandbox, name, "centracx.start")

    assert isinstance(centracx(sandbox.root).start(SURVEY, send_until_s=math.inf), Unknown)


def test_an_answer_that_does_not_come_in_time_leaves_it_unknown(sandbox):
    session_id = start(centracx(sandbox.root)).session_id
    fault(sandbox, "latency", "centracx.reply", seconds=30)
    hasty = centracx(sandbox.root, timeouts=HASTY)

    assert isinstance(reply(hasty, session_id, answer_id=48), Unknown)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("unauthorised", VendorRefusesUs),
        ("busy", SurelyNotSent),
        ("not_found", Refused),
    ],
)
@pytest.mark.parametrize("type_", ["centracx.start", "centracx.reply", "centracx.status"])
def test_what_centracx_surely_did_not_do_is_told_apart(sandbox, name, kind, type_):
    api = centracx(sandbox.root)
    session_id = start(api).session_id
    fault(sandbox, name, type_, seconds=7)

    outcome = {
        "centracx.start": lambda: api.start(SURVEY, send_until_s=math.inf),
        "centracx.reply": lambda: reply(api, session_id, answer_id=48),
        "centracx.status": lambda: api.status(SURVEY, session_id),
    }[type_]()

    assert isinstance(outcome, kind)
    if isinstance(outcome, SurelyNotSent):
        assert outcome.retry_after_s == 7
    assert [len(session["replies"]) for session in sessions(sandbox)] == [0]


@pytest.mark.parametrize("name", ["error_500", "dropped", "truncated", "unreadable", "login_page"])
def test_a_status_that_did_not_arrive_may_be_asked_for_again(sandbox, name):
    api = centracx(sandbox.root)
    session_id = start(api).session_id
    fault(sandbox, name, "centracx.status", times=1)

    assert isinstance(api.status(SURVEY, session_id), SurelyNotSent)
    assert api.status(SURVEY, session_id) is SessionStatus.PARTIALLY_COMPLETE


def test_a_session_that_centracx_does_not_know_is_invalid(sandbox):
    api = centracx(sandbox.root)

    assert api.status(SURVEY, "unknown") is SessionStatus.INVALID
    assert isinstance(api.status(SURVEY, ""), Refused)


def test_a_survey_that_is_not_deployed_is_a_refusal(sandbox):
    assert isinstance(centracx(sandbox.root).start(99, send_until_s=math.inf), Refused)


def test_a_wrong_secret_pauses_centracx(sandbox):
    api = centracx(sandbox.root, secret="wrong")

    assert isinstance(api.start(SURVEY, send_until_s=math.inf), VendorRefusesUs)
    with pytest.raises(errors.Unauthorised):
        api.list_surveys()


def test_centracx_away_has_surely_not_been_asked():
    with sandbox_server() as sandbox:
        root = sandbox.root

    assert isinstance(centracx(root).start(SURVEY, send_until_s=math.inf), SurelyNotSent)


def test_nothing_leaves_for_centracx_after_the_deadline(sandbox):
    api = centracx(sandbox.root)
    session_id = start(api).session_id

    late = time.monotonic()
    assert isinstance(api.start(SURVEY, send_until_s=late), SurelyNotSent)
    outcome = api.reply(SURVEY, session_id, answer_id=48, send_until_s=late)

    assert isinstance(outcome, SurelyNotSent)
    assert [len(session["replies"]) for session in sessions(sandbox)] == [0]


def test_a_secret_with_signs_of_a_query_arrives_as_it_is():
    with sandbox_server(survey_password=AWKWARD) as sandbox:
        api = centracx(sandbox.root, secret=AWKWARD)

        assert len(api.list_surveys()) == 2
        assert isinstance(start(api), Started)


@pytest.mark.parametrize(
    "url", ["http://acme.centracx.com", "https://user:pw@acme.centracx.com", "acme.centracx.com"]
)
def test_centracx_is_asked_over_https_alone(url):
    with pytest.raises(ValueError, match="centracx") as caught:
        CentracxApi(url, key="k", secret="s", timeouts=TIMEOUTS)

    assert url not in str(caught.value)


@pytest.mark.parametrize(("key", "secret"), [("", "s"), ("k", ""), (" ", "s")])
def test_centracx_needs_both_credentials(key, secret):
    with pytest.raises(ValueError, match="not empty"):
        CentracxApi("https://acme.centracx.com", key=key, secret=secret, timeouts=TIMEOUTS)


AWKWARD_IN_URL = "p%26w%40d%2B%23%25%20%C3%A5%2F%3F%3D"


def echo_with_broken_headers(connection: socket.socket) -> None:
    """Refuse a request and quote its URL, with a header that no parser understands."""
    body = json.dumps({"message": f"{PASSWORD} {AWKWARD} {AWKWARD_IN_URL} eYzTVujx Kalle"}).encode()
    connection.sendall(
        b"HTTP/1.1 400 Bad\r\nno colon here\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )
    raise CloseConnection


def test_key_secret_session_and_answer_are_in_no_log_error_or_representation(serve, caplog):
    """The library would log the URL of a response that it cannot parse."""
    server = serve(echo_with_broken_headers)
    api = CentracxApi(
        server.url, key=PASSWORD, secret=AWKWARD, timeouts=TIMEOUTS, reply_in=ReplyIn.QUERY
    )

    outcome = reply(api, "eYzTVujx", feedback="Kalle")
    with pytest.raises(errors.ApiError) as caught:
        api.list_surveys()

    assert AWKWARD_IN_URL.encode() in server.heads[0][0]
    assert isinstance(outcome, Refused)
    for text in (outcome.reason, str(caught.value), repr(caught.value), repr(api), caplog.text):
        assert not [one for one in (PASSWORD, AWKWARD, AWKWARD_IN_URL) if one in text]
    assert not [one for one in ("eYzTVujx", "Kalle") if one in outcome.reason + caplog.text]


# Alvaria


def test_the_context_of_a_dialog_names_its_errand_and_language(sandbox):
    errand_id = sandbox.new_errand()
    session_id = dialog(sandbox, errand_id=errand_id, language="sv")

    context = alvaria(sandbox.root).context(session_id)

    assert isinstance(context, Context)
    assert context.errand_id("errand") == errand_id
    assert context.language("language") == "sv"


def test_a_context_that_is_no_json_is_kept_as_it_is(sandbox):
    session_id = dialog(sandbox, content="Context")

    assert alvaria(sandbox.root).context(session_id).document == {"content": "Context"}


def test_an_outcome_sets_its_variables_as_texts(sandbox):
    session_id = dialog(sandbox)

    assert send(alvaria(sandbox.root), session_id) == Taken()
    assert dialogs(sandbox)[0]["outcomes"] == [{"npsScore": "9", "why": "Bra"}]


def test_a_dialog_that_has_ended_is_gone(sandbox):
    session_id = dialog(sandbox)
    sandbox.control("surveys/dialogs/end", {"session_id": session_id})
    api = alvaria(sandbox.root)

    for unknown in (session_id, "never & was", "", "x" * 201, "a\r\nb"):
        assert isinstance(api.context(unknown), DialogGone)
        assert isinstance(send(api, unknown), DialogGone)
    assert session_id not in api.context(session_id).reason
    assert dialogs(sandbox)[0]["outcomes"] == []


def test_a_dialog_may_end_between_its_context_and_its_outcome(sandbox):
    session_id = dialog(sandbox)
    api = alvaria(sandbox.root)
    fault(sandbox, "dialog_gone", "alvaria.outcome")

    assert isinstance(api.context(session_id), Context)
    assert isinstance(send(api, session_id), DialogGone)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("sent_then_dropped", 1),
        ("sent_then_500", 1),
        ("dropped", 0),
        ("error_500", 0),
    ],
)
def test_an_outcome_whose_answer_says_nothing_is_unknown_and_sent_once(sandbox, name, kept):
    session_id = dialog(sandbox)
    fault(sandbox, name, "alvaria.outcome")

    assert isinstance(send(alvaria(sandbox.root), session_id), Unknown)
    assert len(dialogs(sandbox)[0]["outcomes"]) == kept
    assert sandbox.control("stats")["faults"] == {name: 1}


@pytest.mark.parametrize("status", [b"200 OK", b"204 No Content"])
def test_any_success_is_one_whatever_becomes_of_its_body(serve, status):
    def answer(connection: socket.socket) -> None:
        head = server.heads[-1][-1]
        if b"/token" in head:
            body = b'{"access_token": "t", "expires_in": 3599}'
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        else:  # a body that never ends
            connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 9999999\r\n\r\n<")

    server = serve(answer)
    account = Account(org="o", client_id="c", secret="s", api_key="k", scope="x")
    api = AlvariaApi(server.url, f"{server.url}/token", account=account, timeouts=HASTY)

    assert send(api, "dialog") == Taken()


@pytest.mark.parametrize("name", ["error_500", "dropped", "truncated", "broken_json", "login_page"])
def test_a_context_that_did_not_arrive_may_be_asked_for_again(sandbox, name):
    session_id = dialog(sandbox)
    api = alvaria(sandbox.root)
    fault(sandbox, name, "alvaria.context", times=1)

    assert isinstance(api.context(session_id), SurelyNotSent)
    assert isinstance(api.context(session_id), Context)


def test_a_context_without_content_is_empty(sandbox):
    session_id = dialog(sandbox)
    fault(sandbox, "unreadable", "alvaria.context")

    assert alvaria(sandbox.root).context(session_id) == Context(document={})


@pytest.mark.parametrize("call", ["context", "outcome"])
def test_after_401_one_new_token_and_one_more_request(sandbox, call):
    session_id = dialog(sandbox)
    api = alvaria(sandbox.root)
    api.context(session_id)
    fault(sandbox, "token_expired", f"alvaria.{call}", times=1)

    outcome = api.context(session_id) if call == "context" else send(api, session_id)

    assert isinstance(outcome, Context | Taken)
    counted = requests_of(sandbox)
    assert counted["POST alvaria.token 200"] == 2
    assert sum(n for name, n in counted.items() if name.endswith(f"alvaria.{call} 401")) == 1


@pytest.mark.parametrize("call", ["context", "outcome"])
def test_a_second_401_pauses_alvaria(sandbox, call):
    session_id = dialog(sandbox)
    api = alvaria(sandbox.root)
    fault(sandbox, "unauthorised", f"alvaria.{call}")

    outcome = api.context(session_id) if call == "context" else send(api, session_id)

    assert isinstance(outcome, VendorRefusesUs)
    assert requests_of(sandbox)["POST alvaria.token 200"] == 2
    assert dialogs(sandbox)[0]["outcomes"] == []


@pytest.mark.parametrize(
    "wrong",
    [{"secret": "x"}, {"client_id": "x"}, {"api_key": "x"}, {"scope": "x"}, {"org": "other"}],
)
def test_a_wrong_account_pauses_alvaria(sandbox, wrong):
    session_id = dialog(sandbox)
    api = alvaria(sandbox.root, **wrong)

    assert isinstance(api.context(session_id), VendorRefusesUs)
    assert isinstance(send(api, session_id), VendorRefusesUs)
    assert dialogs(sandbox)[0]["outcomes"] == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("unauthorised", VendorRefusesUs),
        ("busy", SurelyNotSent),
        ("error_500", SurelyNotSent),
        ("dropped", SurelyNotSent),
        ("truncated", SurelyNotSent),
        ("login_page", SurelyNotSent),
        ("unreadable", VendorRefusesUs),
    ],
)
def test_whatever_happens_to_a_token_no_outcome_has_left(sandbox, name, kind):
    session_id = dialog(sandbox)
    fault(sandbox, name, "alvaria.token")

    assert isinstance(send(alvaria(sandbox.root), session_id), kind)
    assert "POST alvaria.outcome 204" not in requests_of(sandbox)


def test_a_token_that_is_lost_after_401_leaves_the_outcome_surely_unsent(sandbox):
    session_id = dialog(sandbox)
    api = alvaria(sandbox.root)
    api.context(session_id)
    fault(sandbox, "token_expired", "alvaria.outcome", times=1)
    fault(sandbox, "error_500", "alvaria.token")

    assert isinstance(send(api, session_id), SurelyNotSent)
    assert dialogs(sandbox)[0]["outcomes"] == []


def test_a_busy_alvaria_says_when_to_ask_again(sandbox):
    session_id = dialog(sandbox)
    fault(sandbox, "busy", "alvaria.outcome", seconds=7)

    outcome = send(alvaria(sandbox.root), session_id)

    assert isinstance(outcome, SurelyNotSent)
    assert outcome.retry_after_s == 7


def test_a_token_serves_until_two_minutes_before_its_end(sandbox):
    session_id = dialog(sandbox)
    now = [time.time()]
    api = alvaria(sandbox.root, clock=lambda: now[0])

    for seconds in (0, 3478, 2):
        now[0] += seconds
        api.context(session_id)
        if seconds == 3478:
            assert requests_of(sandbox)["POST alvaria.token 200"] == 1

    assert requests_of(sandbox)["POST alvaria.token 200"] == 2


def test_many_requests_at_once_share_one_token(sandbox):
    session_ids = [dialog(sandbox) for _ in range(16)]
    api = alvaria(sandbox.root)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda one: send(api, one), session_ids))

    assert outcomes == [Taken()] * 16
    assert requests_of(sandbox)["POST alvaria.token 200"] == 1


def test_nothing_leaves_for_alvaria_after_the_deadline(sandbox):
    session_id = dialog(sandbox)
    fault(sandbox, "latency", "alvaria.token", seconds=0.4)

    outcome = send(alvaria(sandbox.root), session_id, send_until_s=time.monotonic() + 0.2)

    assert isinstance(outcome, SurelyNotSent)
    assert dialogs(sandbox)[0]["outcomes"] == []


def test_alvaria_away_has_surely_not_been_asked():
    with sandbox_server() as sandbox:
        root = sandbox.root

    assert isinstance(send(alvaria(root), "dialog"), SurelyNotSent)
    assert isinstance(alvaria(root).context("dialog"), SurelyNotSent)


def test_an_outcome_that_no_json_holds_is_refused(sandbox):
    outcome = alvaria(sandbox.root).send_outcome("dialog", {"": "x"}, send_until_s=math.inf)

    assert isinstance(outcome, Refused)
    assert requests_of(sandbox) == {}


def test_a_page_in_the_place_of_alvaria_is_a_wrong_address_and_no_ended_dialog(sandbox):
    session_id = dialog(sandbox)
    account = Account(
        org="sandbox",
        client_id="sandbox",
        secret=PASSWORD,
        api_key="sandbox-api-key",
        scope="customerexperienceapi",
    )
    token_url = f"{sandbox.root}/alvaria/tokenservice/oauth2/access_token"
    api = AlvariaApi(f"{sandbox.root}/x", token_url, account=account, timeouts=TIMEOUTS)

    assert isinstance(api.context(session_id), VendorRefusesUs)


def test_neither_secret_nor_dialog_is_in_a_representation():
    account = Account(org="o", client_id="client1", secret=PASSWORD, api_key="key1", scope="s")
    api = AlvariaApi(
        "https://via.example", "https://id.example/t", account=account, timeouts=TIMEOUTS
    )

    shown = repr(api) + repr(account)
    assert not [one for one in ("client1", PASSWORD, "key1") if one in shown]


@pytest.mark.parametrize(
    ("url", "token_url"),
    [
        ("http://via.example", "https://id.example/t"),
        ("https://via.example", "http://id.example/t"),
    ],
)
def test_alvaria_is_asked_over_https_alone(url, token_url):
    account = Account(org="o", client_id="c", secret="s", api_key="k", scope="x")

    with pytest.raises(ValueError, match="alvaria"):
        AlvariaApi(url, token_url, account=account, timeouts=TIMEOUTS)


@pytest.mark.parametrize("api_key", ["", " ", "a\nb"])
def test_alvaria_needs_a_key_that_a_header_carries(api_key):
    account = Account(org="o", client_id="c", secret="s", api_key=api_key, scope="x")

    with pytest.raises(ValueError, match="API key"):
        AlvariaApi("https://v.example", "https://i.example/t", account=account, timeouts=TIMEOUTS)
