"""Liveness (restart this process?) and readiness (send callbacks to it?)."""

from __future__ import annotations


def failing():
    raise ConnectionError("postgresql://user:password@db.test/cention")


def test_a_process_that_answers_is_alive_whatever_is_down(make_client):
    client = make_client(database=failing, broker=failing)

    response = client.get("/health/live")

    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_a_process_is_ready_when_it_reaches_the_database(client):
    response = client.get("/health/ready")

    assert response.status_code == 200
    assert response.json == {"status": "ok", "database": "up", "broker": "up", "spool": "ok"}


def test_a_process_without_the_database_is_ready_while_the_spool_has_room(make_client):
    response = make_client(database=failing).get("/health/ready")

    assert response.status_code == 200
    assert response.json == {"status": "ok", "database": "down", "broker": "up", "spool": "ok"}


def test_a_process_that_cannot_store_callbacks_is_not_ready(make_client):
    response = make_client(database=failing, spool=failing).get("/health/ready")

    assert response.status_code == 503
    assert response.json["status"] == "unavailable"
    assert (response.json["database"], response.json["spool"]) == ("down", "down")


def test_a_process_with_the_database_needs_no_spool(make_client):
    response = make_client(spool=failing).get("/health/ready")

    assert response.status_code == 200
    assert response.json["spool"] == "down"


def test_a_process_without_the_broker_is_ready(make_client):
    response = make_client(broker=failing).get("/health/ready")

    assert response.status_code == 200
    assert response.json["broker"] == "down"


def test_a_dependency_that_comes_back_is_up_again(make_client):
    states = iter([failing, lambda: None])
    client = make_client(database=lambda: next(states)(), spool=failing)

    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/ready").status_code == 200


def test_no_address_and_no_password_is_shown(make_client):
    response = make_client(database=failing, broker=failing).get("/health/ready")

    assert "password" not in response.text
    assert "test" not in response.text
