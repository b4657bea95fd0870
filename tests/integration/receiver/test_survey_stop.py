"""``/s/<token>/stop``: a customer wants no more surveys."""

from __future__ import annotations

import pytest

from tests.integration.receiver.survey_links import (
    SECOND_TOKEN,
    TOKEN,
    Customer,
    invite,
    load,
    rows,
)
from tests.support.databases import run_query

PATH = f"/s/{TOKEN}/stop"
ONE_CLICK = "List-Unsubscribe=One-Click"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.fixture
def customer(pages, database):
    load(database)
    invite(database)
    return Customer(pages, PATH)


def due(database):
    """Add an invitation of the same person that is still to be sent."""
    invite(database, token=SECOND_TOKEN, errand_id=34, state="due")


def test_the_button_stops_all_invitations_of_the_person(customer, database):
    due(database)
    customer.open()
    assert rows(database, "opt_out") == []

    customer.send()

    assert customer.heading == "You will not be invited to surveys any more"
    objection = rows(database, "opt_out")[0]
    assert (objection["source"], objection["contact"]) == ("page", "ann@customer.example")
    assert objection["person_sha256"] == rows(database, "invitation")[0]["person_sha256"]
    waiting = rows(database, "invitation")[1]
    assert (waiting["state"], waiting["problem"]) == ("withdrawn", "opted_out")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE_CLICK.encode(), "application/x-www-form-urlencoded"),
        (MULTIPART, "multipart/form-data; boundary=x"),
    ],
)
def test_a_mail_programs_single_post_stops_them_without_a_redirection(
    customer, database, body, content_type
):
    answer = customer.client.post(PATH, data=body, content_type=content_type)

    assert answer.status_code == 200
    assert [one["source"] for one in rows(database, "opt_out")] == ["mail"]


@pytest.mark.parametrize("body", ["", "other=1", "List-Unsubscribe=Maybe", "q=1&answer=9"])
def test_a_post_that_says_something_else_stops_nothing(customer, database, body):
    form = "application/x-www-form-urlencoded"

    assert customer.client.post(PATH, data=body, content_type=form).status_code == 200
    assert rows(database, "opt_out") == []


def test_stopping_twice_is_stopping_once(customer, database):
    action, fields = customer.open().filled_in()
    customer.post(action, fields)
    before = rows(database, "opt_out")

    customer.post(action, fields)
    customer.client.post(PATH, data=ONE_CLICK)

    assert rows(database, "opt_out") == before
    assert customer.open().heading == "You will not be invited to surveys any more"


def test_the_survey_of_somebody_who_stopped_takes_no_answer(customer, database):
    survey = Customer(customer.client, f"/s/{TOKEN}").open()
    fields = survey.filled_in(answer="9")[1]
    assert survey.follow("No more surveys, please").heading == (
        "Would you like to stop receiving surveys?"
    )
    survey.send()

    assert survey.post(f"/s/{TOKEN}", fields).heading == (
        "You will not be invited to surveys any more"
    )
    assert rows(database, "answer") == []


def test_the_page_leads_to_the_survey_while_it_can_be_answered(customer, database):
    assert customer.open().follow("Go to the survey").title.startswith("Question 1")

    run_query(database, "UPDATE feedback.invitation SET expires_at = now()")

    assert "Go to the survey" not in customer.open().text


def test_a_person_who_was_erased_can_stop_them_as_well(customer, database):
    run_query(database, "UPDATE feedback.invitation SET contact = NULL, contact_name = NULL")

    customer.open().send()

    assert [one["contact"] for one in rows(database, "opt_out")] == [None]


def test_an_unknown_link_stops_nothing(pages, database):
    path = f"/s/{SECOND_TOKEN}/stop"

    assert pages.get(path).status_code == 404
    assert pages.post(path, data={"stop": "1"}).status_code == 404
    assert rows(database, "opt_out") == []
