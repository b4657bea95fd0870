"""Metrics and details of health are shown only where operators reach the receiver."""

from __future__ import annotations

from dataclasses import replace

import pytest

from receiver.metrics_bind import MARK
from tests.unit.receiver.test_health import failing

AT_METRICS_BIND = {MARK: True}


@pytest.fixture
def client(make_client, make_settings):
    settings = replace(make_settings(), metrics_bind="127.0.0.1:9100")
    return make_client(settings, broker=failing)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_metrics_are_at_their_own_address_alone(client, path):
    assert client.get(path).status_code == 404
    assert client.get(path, environ_overrides=AT_METRICS_BIND).status_code == 200


def test_who_is_not_an_operator_learns_whether_it_is_ready_and_not_why(client):
    assert client.get("/health/ready").json == {"status": "ok"}
    shown = client.get("/health/ready", environ_overrides=AT_METRICS_BIND).json
    assert shown == {"status": "ok", "database": "up", "broker": "down", "spool": "ok"}


def test_the_address_of_metrics_takes_no_callbacks_and_no_survey_answers(client, callback, stored):
    for path in ("/callbacks/demo", "/answers/demo/digidesk", "/s/token"):
        assert (
            client.post(path, json=callback, environ_overrides=AT_METRICS_BIND).status_code == 404
        )
    assert client.get("/health/live", environ_overrides=AT_METRICS_BIND).status_code == 200
    assert stored == []


def test_a_header_of_the_mark_s_name_marks_nothing(client):
    for name in (MARK, MARK.replace("_", "-"), f"HTTP_{MARK}"):
        assert client.get("/metrics", headers={name: "1"}).status_code == 404


def test_without_such_an_address_metrics_are_where_callbacks_arrive(make_client):
    client = make_client(broker=failing)

    assert client.get("/metrics").status_code == 200
    assert client.get("/health/ready").json["broker"] == "down"
