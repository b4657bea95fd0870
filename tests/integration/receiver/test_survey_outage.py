"""Postgres is away while a customer answers: nothing that was typed is lost, or told as saved."""

from __future__ import annotations

import time

import pytest

from receiver.surveys.database import PageDatabase
from receiver.surveys.storage import SurveyStorage
from tests.integration.receiver.freezable_network import Network
from tests.integration.receiver.survey_links import TOKEN, Customer, invite, load, rows
from tests.support.eventually import eventually

PATH = f"/s/{TOKEN}"


@pytest.fixture
def network(postgres):
    network = Network(postgres.sockets / ".s.PGSQL.5432")
    yield network
    network.close()


@pytest.fixture
def url(network, database):
    name = database.partition("@/")[2].partition("?")[0]
    return f"postgresql://cention@127.0.0.1:{network.port}/{name}"


@pytest.fixture
def customer(make_client, database, url):
    load(database)
    invite(database)
    connections = PageDatabase(url)
    yield Customer(make_client(surveys=SurveyStorage(connections)), PATH)
    connections.close()


@pytest.fixture
def away(make_client, closed_port):
    """A customer of a receiver whose database is away."""
    connections = PageDatabase(f"postgresql://nobody:password@127.0.0.1:{closed_port}/none")
    yield Customer(make_client(surveys=SurveyStorage(connections)), PATH)
    connections.close()


def test_a_page_says_that_it_cannot_be_shown(away):
    away.open("?lang=sv")

    assert away.answer.status_code == 503
    assert away.answer.headers["Retry-After"]
    assert away.answer.headers["Cache-Control"] == "no-store"
    assert away.heading == "Enkäten kan inte visas just nu"
    assert "password" not in away.answer.text


def test_what_was_typed_is_on_the_page_that_says_it_is_not_saved(away):
    typed = 'Line one\nLine <two> & "more"'

    away.post(f"{PATH}?lang=en", {"q": "3", "version": "1", "answer": typed, "other": "x"})

    assert away.answer.status_code == 503
    assert away.answer.headers["Retry-After"]
    assert away.heading == "Your answer has not been saved yet"
    action, fields = away.filled_in()
    assert action == f"./{TOKEN}?lang=en"
    assert {name: value.strip() for name, value in fields.items()} == {
        "q": "3",
        "version": "1",
        "answer": typed,
    }
    assert away.html.find(".//label").text == "Your answer"


def test_an_answer_that_was_not_saved_is_sent_again_from_that_page(customer, network, database):
    customer.open()
    network.freeze()
    customer.send(answer="9")
    assert customer.answer.status_code == 503
    assert rows(database, "answer") == []

    assert eventually(lambda: customer.send().title.startswith("Question 2 of 3"))

    assert [one["number"] for one in rows(database, "answer")] == [9]


def test_a_silent_database_is_not_waited_for_long_and_then_not_at_all(customer, network):
    customer.open()
    network.freeze()

    began = time.monotonic()
    assert customer.open().answer.status_code == 503
    first_s = time.monotonic() - began
    assert customer.open().answer.status_code == 503

    assert first_s < 5
    assert time.monotonic() - began - first_s < 0.5


def test_after_a_cut_of_all_connections_the_next_page_is_shown(customer, network):
    customer.open()
    network.cut()

    assert customer.open().answer.status_code == 200


def test_the_button_that_stops_invitations_can_be_pressed_again(away):
    away.path = f"{PATH}/stop"
    away.at = away.path

    away.post(away.path, {"stop": "1"})

    assert away.answer.status_code == 503
    assert away.filled_in() == ("./stop", {"stop": "1"})
