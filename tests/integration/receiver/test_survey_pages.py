"""``/s/<token>``: a customer answers our own survey, one question a page."""

from __future__ import annotations

import pytest

from receiver.surveys.database import PageDatabase
from receiver.surveys.storage import SurveyStorage
from tests.integration.receiver.survey_links import (
    TOKEN,
    Customer,
    invite,
    load,
    rows,
)

PATH = f"/s/{TOKEN}"


@pytest.fixture
def client(make_client, database, notified):
    """The web application with survey pages on a real database."""
    pages = PageDatabase(database)
    yield make_client(surveys=SurveyStorage(pages), notify_surveys=notified.append)
    pages.close()


@pytest.fixture
def invited(database):
    """Somebody with a link to a survey of three questions."""
    load(database)
    invite(database)


@pytest.fixture
def customer(client, invited):
    return Customer(client, PATH)


def test_a_survey_is_answered_question_by_question(customer, database, notified):
    customer.open()
    assert customer.title.startswith("Question 1 of 3 ")
    assert customer.title.endswith(" Nordkust")
    assert customer.heading == "How likely are you to recommend us?"

    customer.send(answer="9")
    assert customer.title.startswith("Question 2 of 3 ")

    customer.send(answer="2")
    customer.send(answer="  Nothing.\r\nReally. ")
    assert customer.heading == "Thank you"

    answers = rows(database, "answer")
    assert [(one["question_key"], one["kind"], one["question_text"]) for one in answers] == [
        ("nps", "nps", "How likely are you to recommend us?"),
        ("channel", "choice", "How did you reach us?"),
        ("why", "text", "What could we do better?"),
    ]
    assert [one["number"] for one in answers] == [9, None, None]
    assert (answers[0]["lowest"], answers[0]["highest"]) == (0, 10)
    assert (answers[1]["choice_id"], answers[1]["choice_text"]) == (2, "By phone")
    assert answers[2]["comment"] == "Nothing.\nReally."
    session = rows(database, "session")[0]
    assert (session["state"], session["verified"], session["origin"]) == ("complete", True, "page")
    assert (session["errand_id"], session["rules_version"], session["language"]) == (33, 1, "en")
    assert session["completed_at"] is not None
    assert notified == []
