"""``/survey/alvaria/<workspace>?sessionId=``: a survey after a chat of Alvaria."""

from __future__ import annotations

import pytest

from tests.integration.receiver.survey_links import PAGES, Customer, load, rows
from tests.support.databases import run_query

CHAT = "?sessionId=dialog-1"
PATH = "/survey/alvaria/demo"


@pytest.fixture
def customer(pages, database):
    load(database)
    return Customer(pages, PATH)


def verify(database, state="open"):
    """Do what a worker does when Alvaria knows the chat, or has ended it."""
    run_query(
        database, "UPDATE feedback.session SET verified = %s, state = %s", state == "open", state
    )


def test_the_first_question_is_shown_at_once_and_nothing_is_written(customer, database, notified):
    for _ in range(50):
        customer.open(CHAT)

    assert customer.title.startswith("Question 1 of 3")
    assert rows(database, "session") == []
    assert notified == []


def test_the_first_answer_opens_the_session_and_a_worker_is_told(customer, database, notified):
    customer.open(CHAT).send(answer="9")

    session = rows(database, "session")[0]
    assert (session["vendor"], session["remote_id"]) == ("alvaria", "dialog-1")
    assert (session["origin"], session["state"]) == ("page", "open")
    assert (session["verified"], session["errand_id"]) == (False, None)
    assert (session["rules_version"], session["position"]) == (1, 2)
    assert rows(database, "answer")[0]["number"] == 9
    assert notified == ["demo"]


def test_until_the_worker_has_asked_alvaria_the_page_refreshes_itself(customer, database):
    customer.open(CHAT).send(answer="9")
    assert customer.heading == "One moment, please"
    assert customer.html.xpath("//meta[@http-equiv='refresh']/@content") == ["1"]
    assert customer.follow("Check again").heading == "One moment, please"

    verify(database)

    assert customer.follow("Check again").title.startswith("Question 2 of 3")


def test_if_alvaria_does_not_answer_the_survey_goes_on_all_the_same(customer, database):
    customer.open(CHAT).send(answer="9")
    run_query(database, "UPDATE feedback.answer SET answered_at = now() - interval '11 seconds'")

    customer.open(CHAT).send(answer="1").send(answer="Thanks")

    assert customer.heading == "Thank you"
    assert rows(database, "session")[0]["state"] == "complete"


def test_a_chat_that_has_ended_is_told_and_the_answer_is_kept(customer, database):
    customer.open(CHAT).send(answer="9")
    verify(database, state="gone")

    assert customer.open(CHAT).heading == "The chat has ended"
    assert "What you answered is saved" in customer.text
    assert customer.post(f"{PATH}{CHAT}", {"q": "2", "answer": "1"}).heading == "The chat has ended"
    assert len(rows(database, "answer")) == 1


def test_a_customer_may_stop_before_the_last_question(customer, database, notified):
    customer.open(CHAT).send(answer="9")
    verify(database)

    customer.open(CHAT).send(form=1)

    assert customer.heading == "Thank you"
    session = rows(database, "session")[0]
    assert (session["state"], session["completed_at"] is not None) == ("partial", True)
    assert len(rows(database, "answer")) == 1
    assert notified == ["demo", "demo"]
    assert customer.post(f"{PATH}{CHAT}", {"q": "2", "answer": "1"}).heading == "Thank you"
    assert len(rows(database, "answer")) == 1


def test_the_questions_are_those_that_the_customer_saw_first(customer, database):
    customer.open(CHAT)
    load(database, PAGES.replace("How did you reach us?", "Changed?"))

    customer.send(answer="9")
    verify(database)

    assert rows(database, "session")[0]["rules_version"] == 1
    assert customer.open(CHAT).heading == "How did you reach us?"
    assert Customer(customer.client, PATH).open("?sessionId=other").answer.status_code == 200


@pytest.mark.parametrize("version", ["0", "7", "-1", "x", "9" * 30])
def test_a_version_that_does_not_exist_is_that_in_force(customer, database, version):
    customer.post(f"{PATH}{CHAT}", {"q": "1", "answer": "9", "version": version})

    assert rows(database, "session")[0]["rules_version"] == 1


@pytest.mark.parametrize(
    "query", ["", "?sessionId=", f"?sessionId={'x' * 201}", "?sessionId=a%00", "?sessionId=a%0A"]
)
def test_a_dialog_id_that_is_none_is_not_found(customer, database, query):
    assert customer.open(query).answer.status_code == 404
    answer = customer.client.post(f"{PATH}{query}", data={"q": "1", "answer": "9"})
    assert answer.status_code == 404
    assert rows(database, "session") == []


def test_any_printable_dialog_id_of_200_characters_is_taken(customer, database):
    customer.open("?sessionId=" + "%C3%A5&+%2F%3F".replace("&", "%26") * 40).send(answer="9")

    assert rows(database, "session")[0]["remote_id"] == "å& /?" * 40


@pytest.mark.parametrize("path", ["/survey/alvaria/other", "/survey/alvaria/%00"])
def test_a_workspace_that_is_none_is_not_found(customer, path):
    assert customer.client.get(f"{path}{CHAT}").status_code == 404


@pytest.mark.parametrize("tables", ["", PAGES.partition("[alvaria]")[0]])
def test_without_a_page_for_chats_there_is_no_survey(pages, database, tables):
    if tables:
        load(database, tables)

    assert pages.get(f"{PATH}{CHAT}").status_code == 404


def test_sixty_new_chats_begin_in_a_minute_and_those_that_have_begun_go_on(customer, database):
    for number in range(60):
        customer.open(f"?sessionId={number}").send(answer="9")

    customer.open("?sessionId=60").send(answer="9")

    assert customer.answer.status_code == 429
    assert customer.answer.headers["Retry-After"]
    assert "has not been saved" in customer.text
    assert customer.html.xpath("//input[@name='answer']/@value") == ["9"]
    assert len(rows(database, "session")) == 60
    verify(database)
    assert customer.open("?sessionId=7").send(answer="1").title.startswith("Question 3")

    run_query(database, "UPDATE feedback.session SET started_at = now() - interval '61 seconds'")
    customer.open("?sessionId=60").send(answer="9")
    assert len(rows(database, "session")) == 61


def test_chats_of_a_clock_that_was_put_back_do_not_keep_others_out(customer, database):
    run_query(
        database,
        "INSERT INTO feedback.session (workspace, vendor, remote_id, origin, state, verified,"
        " started_at) SELECT 'demo', 'alvaria', 'earlier-' || n, 'page', 'open', false,"
        " now() + interval '1 hour' FROM generate_series(1, 60) AS n",
    )

    assert customer.open(CHAT).send(answer="9").answer.status_code == 200
