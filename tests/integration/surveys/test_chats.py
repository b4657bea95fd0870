"""Surveys after chats of Alvaria: which chat it was, and the answers that go back to it once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from schemas.surveys.questions import Kind
from tests.integration.sandbox.sandbox_server import sandbox_server
from tests.integration.surveys.conftest import Surveys
from tests.integration.surveys.conversing import RULES, Conversing, vendors_at
from tests.support.eventually import eventually
from workers.clients.surveys.alvaria import AlvariaApi
from workers.surveys.jobs import converse as job
from workers.surveys.store import conversations, sessions
from workers.surveys.store.sessions import NewAnswer

CONTEXT, OUTCOME = "alvaria.context", "alvaria.outcome"
SCORE = NewAnswer(
    question_key="nps",
    question_text="How likely?",
    kind=Kind.NPS,
    choice_text="9",
    number=9,
    lowest=0,
    highest=10,
)
WAY = NewAnswer(
    question_key="way",
    question_text="Which way?",
    kind=Kind.CHOICE,
    choice_id=2,
    choice_text="Per telefon",
)


@pytest.fixture
def conversing(surveys: Surveys) -> Iterator[Conversing]:
    surveys.load(RULES.format(survey=2))
    with sandbox_server(errands=1) as sandbox, ThreadPoolExecutor(job.AT_ONCE) as threads:
        yield Conversing(surveys, sandbox, threads, vendors_at(sandbox.root))


def test_the_context_names_the_errand_and_the_language(conversing):
    dialog = conversing.dialog(language="fi")
    chat = conversing.chat(dialog)
    conversing.converse()

    row = conversing.session(chat)
    [at_vendor] = conversing.dialogs()
    assert (row["verified"], row["state"]) == (True, "open")
    assert (row["errand_id"], row["language"]) == (at_vendor["errand_id"], "fi")
    assert row["context"]["channel"] == "chat"
    assert at_vendor["outcomes"] == []


@pytest.mark.parametrize("content", ["", "plain text", '{"errand": "x"}', "{}", "[1]"])
def test_a_context_without_an_errand_verifies_the_chat_alone(conversing, content):
    chat = conversing.chat(conversing.dialog(content=content))
    conversing.converse()

    row = conversing.session(chat)
    assert (row["verified"], row["errand_id"]) == (True, None)


def test_all_answers_go_back_once_by_the_ids_of_their_variables(conversing):
    chat = conversing.chat(conversing.dialog())
    conversing.add(chat, SCORE)
    conversing.converse()
    conversing.add(chat, WAY, last=True)
    conversing.converse()
    conversing.converse()

    [at_vendor] = conversing.dialogs()
    assert at_vendor["outcomes"] == [{"npsScore": "9", "way": "phone"}]
    row = conversing.session(chat)
    assert (row["state"], row["outcome_state"], row["problem"]) == ("complete", "taken", None)


def test_a_survey_that_the_customer_stopped_sends_what_there_is(conversing):
    chat = conversing.chat(conversing.dialog())
    conversing.add(chat, SCORE)
    sessions.end(conversing.surveys.conn, "demo", chat)
    conversing.converse()

    [at_vendor] = conversing.dialogs()
    assert at_vendor["outcomes"] == [{"npsScore": "9"}]
    assert conversing.session(chat)["state"] == "partial"


def test_a_chat_that_has_ended_is_gone_and_its_answers_are_kept(conversing):
    chat = conversing.chat("no such dialog")
    conversing.add(chat, SCORE)
    conversing.converse()
    conversing.converse()

    row = conversing.session(chat)
    assert (row["state"], row["verified"], row["outcome_state"]) == ("gone", False, "refused")
    assert len(conversing.surveys.ask("SELECT FROM feedback.answer")) == 1


def test_a_chat_that_ends_before_the_outcome_is_complete_here(conversing):
    dialog = conversing.dialog()
    chat = conversing.chat(dialog)
    conversing.converse()
    conversing.add(chat, SCORE, last=True)
    conversing.sandbox.control("surveys/dialogs/end", {"session_id": dialog})
    conversing.converse()

    row = conversing.session(chat)
    assert (row["state"], row["outcome_state"]) == ("complete", "refused")


@pytest.mark.parametrize(
    ("fault", "sent"),
    [("sent_then_dropped", 1), ("sent_then_500", 1), ("dropped", 0), ("error_500", 0)],
)
def test_an_outcome_that_may_have_arrived_is_never_sent_again(conversing, fault, sent):
    chat = conversing.chat(conversing.dialog())
    conversing.add(chat, SCORE, last=True)
    conversing.fault(fault, OUTCOME)
    conversing.converse()
    conversing.no_faults()
    conversing.move(chat, "1 hour")
    conversing.converse()

    [at_vendor] = conversing.dialogs()
    assert conversing.session(chat)["outcome_state"] == "unknown"
    assert len(at_vendor["outcomes"]) == sent


def test_a_fault_of_ours_lets_a_chat_go_and_sends_nothing_twice(conversing, monkeypatch):
    asked = conversing.chat(conversing.dialog())
    ended = conversing.chat(conversing.dialog())
    conversing.surveys.ask(
        "UPDATE feedback.session SET context = '{}' WHERE session_id = %s", ended
    )
    conversing.add(ended, SCORE)
    sessions.end(conversing.surveys.conn, "demo", ended)

    def fail(*_, **__):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(AlvariaApi, "context", fail)
        patched.setattr(AlvariaApi, "send_outcome", fail)
        conversing.converse()
    conversing.converse()

    chats = [conversing.session(one) for one in (asked, ended)]
    assert {one["problem"] for one in chats} == {"the request failed here: ZeroDivisionError"}
    assert [(one["context"], one["verified"]) for one in chats] == [({}, False)] * 2
    assert [one["outcome_state"] for one in chats] == ["no", "unknown"]
    assert [one["outcomes"] for one in conversing.dialogs()] == [[], []]


def test_a_busy_vendor_gets_the_outcome_later(conversing):
    chat = conversing.chat(conversing.dialog())
    conversing.add(chat, SCORE, last=True)
    conversing.fault("busy", OUTCOME, times=1)
    conversing.converse()
    assert conversing.session(chat)["outcome_state"] == "no"

    conversing.move(chat, "1 minute")
    conversing.converse()

    assert conversing.session(chat)["outcome_state"] == "taken"


def test_an_expired_token_is_replaced(conversing):
    chat = conversing.chat(conversing.dialog())
    conversing.fault("token_expired", CONTEXT, times=1)
    conversing.converse()

    assert conversing.session(chat)["verified"]


def test_a_chat_that_cannot_be_asked_about_is_let_go_in_the_end(conversing):
    chat = conversing.chat(conversing.dialog())
    conversing.add(chat, SCORE, last=True)
    conversing.accounts = {}
    conversing.move(chat, "11 minutes")
    conversing.converse()

    row = conversing.session(chat)
    assert (row["state"], row["outcome_state"]) == ("complete", "refused")
    assert row["problem"].startswith("the chat has ended: ")


def test_a_chat_whose_context_cannot_be_asked_for_is_asked_about_no_more_in_the_end(conversing):
    chat = conversing.chat(conversing.dialog())
    conversing.accounts = {}
    conversing.move(chat, "11 minutes")
    conversing.converse()

    row = conversing.session(chat)
    assert (row["state"], row["context"], row["outcome_state"]) == ("open", {}, "no")
    assert row["problem"].startswith("the chat has ended: ")


def test_a_chat_that_was_long_is_not_let_go_when_its_survey_has_just_ended(conversing):
    chat = conversing.chat(conversing.dialog())
    conversing.add(chat, SCORE, last=True)
    conversing.accounts = {}
    conversing.surveys.ask("UPDATE feedback.session SET started_at = now() - interval '11 minutes'")
    conversing.converse()

    assert conversing.session(chat)["outcome_state"] == "no"


def test_a_chat_whose_customer_left_is_partial_after_a_day_and_gets_no_outcome(conversing):
    session = conversing.chat(conversing.dialog())
    conversing.add(session, SCORE)
    conversing.converse()
    conversing.move(session, "25 hours")

    conversations.end_left(conversing.surveys.conn)
    conversing.converse()

    row = conversing.session(session)
    assert (row["state"], row["outcome_state"]) == ("partial", "refused")
    assert all(not dialog["outcomes"] for dialog in conversing.dialogs())


def test_an_answer_does_not_open_a_survey_again_that_is_ended_at_the_same_time(
    conversing, database
):
    session = conversing.chat(conversing.dialog())
    conversing.add(session, SCORE)
    with (
        psycopg.connect(database) as ending,
        psycopg.connect(database, autocommit=True) as adding,
        ThreadPoolExecutor(1) as tab,
    ):
        sessions.end(ending, "demo", session)
        added = tab.submit(
            sessions.add_answer, adding, "demo", session, 2, WAY, language="en", last=True
        )
        eventually(lambda: conversing.surveys.ask("SELECT pid FROM pg_locks WHERE NOT granted"))
        ending.commit()

        assert added.result() is False

    assert conversing.session(session)["state"] == "partial"
    assert len(conversing.forwarded(session)) == 1
