"""A workspace whose rows are from another server: acts on it are refused, and on no other."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.databases import run_query
from tests.support.settings import WORKSPACE
from tests.support.web import visitor, web_app, web_settings
from workers.database import connections

OTHER = replace(WORKSPACE, name="other", cention_url="https://cention.test/s/other")


@pytest.fixture
def operator(database):
    """An operator of two workspaces, of which ``demo`` has moved."""
    for name, address in (("demo", "elsewhere.test/s/demo"), ("other", OTHER.address)):
        run_query(
            database,
            "INSERT INTO cention.workspace (workspace, timezone, address) VALUES (%s, 'UTC', %s)",
            name,
            address,
        )
    settings = replace(web_settings(database), workspaces=(WORKSPACE, OTHER))
    with connections.open_pool(database) as pool:
        found = visitor(web_app(settings, pool))
        found.sign_in("olga")
        yield found


@pytest.fixture
def numbers(database):
    """Return the number of a callback and of a request of a workspace, each with a trouble."""

    def add(workspace):
        [callback] = run_query(
            database,
            "INSERT INTO intake.callback (workspace, received_at, body_sha256, document, problem)"
            " VALUES (%s, now(), sha256('x'), %s, 'no errand') RETURNING callback_id",
            workspace,
            json.dumps({"data": 1}),
        )
        [sent] = run_query(
            database,
            "INSERT INTO cention.sent_errand (workspace, message_sha256, state, answered, subject,"
            " from_address, attachment_count, attachment_bytes, sent_by, problem) VALUES"
            " (%s, sha256('x'), 'unknown', false, 'Parcel', 'kim@customer.example', 0, 0,"
            " gen_random_uuid(), 'timed out') RETURNING sent_id",
            workspace,
        )
        return {"callback": callback["callback_id"], "request": sent["sent_id"]}

    return add


def acts(database):
    return run_query(database, "SELECT kind FROM intake.operator_action WHERE kind <> 'sign_in'")


def forms(workspace, numbers):
    """Return the path and the values of every form that acts on a workspace."""
    record = {"workspace": workspace, "family": "errand_reports", "id": 7}
    of = {"workspace": workspace}
    return [
        (f"/errands/{workspace}/7/fetch", {}),
        ("/troubles/parked", record),
        ("/troubles/unreadable", record | {"act": "dismiss"}),
        ("/troubles/unreadable", record | {"act": "fetch"}),
        ("/troubles/callbacks", {"id": numbers["callback"], "act": "dismiss"}),
        ("/troubles/callbacks", {"id": numbers["callback"], "act": "file"}),
        ("/troubles/requests", {"id": numbers["request"], "happened": "no"}),
        ("/troubles/invitations", of | {"id": 1, "happened": "yes"}),
        ("/surveys/hold", of | {"act": "hold"}),
        ("/surveys/rules", of | {"rule": "csat", "act": "on"}),
        ("/surveys/invitations", of | {"id": 1}),
        ("/surveys/opt-outs", of | {"contact": "kim@customer.example", "act": "add"}),
    ]


def test_every_act_on_the_workspace_is_refused_with_the_reason(operator, numbers, database):
    for path, form in forms("demo", numbers("demo")):
        answer = operator.post(path, **form)
        page = answer.get_data(as_text=True)

        assert answer.status_code == 409, path
        assert "another server (elsewhere.test/s/demo)" in page
        assert "(cention.test/s/demo)" in page
        assert "cention workspaces moved demo" in page
    assert acts(database) == []
    assert run_query(database, "SELECT FROM intake.wanted") == []
    assert run_query(database, "SELECT FROM intake.callback WHERE problem IS NULL") == []


def test_acts_on_the_other_workspace_are_done(operator, numbers, database):
    found = forms("other", numbers("other"))

    statuses = {path: operator.post(path, **form).status_code for path, form in found}

    assert set(statuses.values()) == {303}
    assert run_query(database, "SELECT workspace, remote_id FROM intake.wanted") == [
        {"workspace": "other", "remote_id": 7}
    ]
    assert {"fetch_again", "file_again", "settle_request", "hold_surveys"} <= {
        one["kind"] for one in acts(database)
    }


def test_what_is_of_no_workspace_is_asked_for_all_the_same(operator, database):
    operator.post("/settings/checks")
    operator.post("/privacy/requests", address="kim@customer.example", act="dry_run")

    found = run_query(database, "SELECT kind FROM intake.operator_request ORDER BY request_id")
    assert [one["kind"] for one in found] == ["check", "erase_dry_run"]


def test_the_first_page_says_that_nothing_is_done_for_the_workspace(operator):
    page = operator.text("/")

    assert "workspace demo: its rows are from elsewhere.test/s/demo" in page
    assert "<code>cention workspaces moved demo</code>" in page
    assert "workspace other" not in page


def test_the_reason_is_in_the_language_of_the_page(operator):
    operator.post("/language", language="sv")

    page = operator.post("/errands/demo/7/fetch").get_data(as_text=True)

    assert "Inget gjordes i workspace demo" in page
    assert "cention workspaces moved demo" in page
