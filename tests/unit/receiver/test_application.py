"""The rule of a path that is known is found once, and every answer stays as Flask gives it."""

from __future__ import annotations

import pytest
from flask import request

from receiver import application
from receiver.application import Application

KNOWN = "/callbacks/demo"


@pytest.fixture
def app(monkeypatch):
    app = Application(__name__, known_paths=frozenset([KNOWN]))
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False

    @app.post("/callbacks/<workspace>")
    def receive(workspace):
        return {"workspace": workspace, "host": request.host}

    return app


def test_requests_to_a_known_path_have_the_rule_and_the_arguments_of_the_first(app):
    client = app.test_client()

    answers = [client.post(KNOWN, headers={"Host": host}).json for host in ("a", "b", "a")]

    assert answers == [{"workspace": "demo", "host": host} for host in ("a", "b", "a")]


@pytest.mark.parametrize("path", ["/callbacks//demo", "/callbacks/demo/x", "/callbacks"])
def test_a_path_that_only_looks_known_is_not_found(app, path):
    client = app.test_client()
    client.post(KNOWN)

    environ = {"PATH_INFO": path}
    assert client.post("/", environ_overrides=environ).status_code == 404


def test_another_method_is_refused_with_the_allowed_ones(app):
    client = app.test_client()
    client.post(KNOWN)

    answer = client.put(KNOWN)

    assert answer.status_code == 405
    assert set(answer.allow) == {"OPTIONS", "POST"}


def test_many_hosts_fill_no_memory(app, monkeypatch):
    made = []
    monkeypatch.setattr(
        application.MatchedAdapter, "__init__", recording(made, application.MatchedAdapter.__init__)
    )
    client = app.test_client()

    for host in "abcdcdab":
        assert client.post(KNOWN, headers={"Host": host}).status_code == 200

    assert len(made) == 1


def recording(calls, function):
    def call(*arguments):
        calls.append(arguments)
        function(*arguments)

    return call
