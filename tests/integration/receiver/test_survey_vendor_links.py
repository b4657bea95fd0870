"""``/s/<token>`` of CentraCX: a worker conducts the session, the page shows its questions."""

from __future__ import annotations

import json

import pytest

from tests.integration.receiver.survey_links import TOKEN, Customer, invite, load, rows
from tests.support.databases import run_query

PATH = f"/s/{TOKEN}"
CHOICE = {
    "text": "How was <it>?",
    "kind": "choice",
    "choices": [
        {"id": 48, "text": "Bad", "value": "1"},
        {"id": 49, "text": "Good", "value": "2"},
    ],
}
TEXT = {"text": "Why?", "kind": "text", "choices": []}


@pytest.fixture
def customer(pages, database):
    load(database)
    invite(database, vendor="centracx")
    return Customer(pages, PATH)


def ask(database, question):
    """Do what a worker does when CentraCX has sent a question."""
    run_query(database, "UPDATE feedback.session SET question = %s", json.dumps(question))


def end(database, state):
    run_query(database, "UPDATE feedback.session SET state = %s, question = NULL", state)


def test_a_session_begins_only_when_a_person_presses_the_button(customer, database, notified):
    for _ in range(10):
        customer.open()
    assert rows(database, "session") == []

    customer.send()

    session = rows(database, "session")[0]
    assert (session["vendor"], session["state"], session["position"]) == ("centracx", "open", 1)
    assert (session["question"], session["remote_id"]) == (None, None)
    assert (session["rules_version"], session["errand_id"]) == (None, 33)
    assert notified == ["demo"]
    assert customer.heading == "One moment, please"


def test_pressing_the_button_twice_begins_one_session(customer, database):
    action, fields = customer.open().filled_in()

    customer.post(action, fields)
    customer.post(action, fields)

    assert len(rows(database, "session")) == 1


def test_the_vendors_questions_are_asked_one_by_one(customer, database, notified):
    customer.open().send()
    ask(database, CHOICE)
    assert customer.open().title.startswith("Question 1 ")
    assert customer.heading == "How was <it>?"

    customer.send(answer="49")

    assert customer.heading == "One moment, please"
    session = rows(database, "session")[0]
    assert (session["position"], session["question"]) == (2, None)
    assert notified == ["demo", "demo"]

    ask(database, TEXT)
    customer.open().send(answer="Because")
    end(database, "complete")
    assert customer.open().heading == "Thank you"

    first, second = rows(database, "answer")
    assert (first["kind"], first["choice_id"], first["choice_text"]) == ("choice", 49, "Good")
    assert (first["number"], first["lowest"], first["highest"]) == (2, 1, 2)
    assert (first["question_key"], first["question_text"]) == (None, "How was <it>?")
    assert (first["forwarded"], second["forwarded"]) == ("no", "no")
    assert (second["kind"], second["comment"]) == ("text", "Because")


@pytest.mark.parametrize("value", ["good", None, "", "-1", "1.5"])
def test_choices_without_numbers_are_answered_without_a_number(customer, database, value):
    choices = [*CHOICE["choices"], {"id": 50, "text": "Neither", "value": value}]
    customer.open().send()
    ask(database, CHOICE | {"choices": choices})

    customer.open().send(answer="48")

    answer = rows(database, "answer")[0]
    assert (answer["choice_id"], answer["number"]) == (48, None)


@pytest.mark.parametrize("state", ["complete", "stuck"])
def test_the_customer_is_thanked_whatever_the_vendor_did(customer, database, state):
    customer.open().send()
    end(database, state)

    assert customer.open().heading == "Thank you"
    assert customer.post(PATH, {"q": "1", "answer": "48"}).heading == "Thank you"
    assert rows(database, "answer") == []


def test_an_answer_while_the_next_question_is_fetched_is_not_taken(customer, database):
    customer.open().send()

    customer.post(PATH, {"q": "1", "answer": "48"})

    assert customer.heading == "One moment, please"
    assert rows(database, "answer") == []


def test_the_same_answer_again_goes_on_and_another_one_is_told(customer, database):
    customer.open().send()
    ask(database, CHOICE)
    action, fields = customer.open().filled_in(answer="49")
    customer.post(action, fields)

    assert customer.post(action, fields).heading == "One moment, please"
    assert "the first answer counts" in customer.post(action, fields | {"answer": "48"}).text
    assert [one["choice_id"] for one in rows(database, "answer")] == [49]


def test_after_a_while_the_page_says_that_answers_are_saved_and_refreshes_less_often(
    customer, database
):
    customer.open().send()
    run_query(database, "UPDATE feedback.session SET started_at = now() - interval '20 seconds'")

    customer.open()

    assert "Your answers so far are saved" in customer.text
    assert customer.html.xpath("//meta[@http-equiv='refresh']/@content") == ["10"]
