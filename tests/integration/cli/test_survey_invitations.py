"""``cention surveys`` for invitations: status, list, unknown outcomes, withdrawal."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.support.databases import run_query
from tests.support.surveys import brief
from workers.operations.store.gauges import read_gauges


@pytest.fixture
def invitation(tmp_path, terminal, database):
    """Write an invitation in a state, and return its number."""
    assert terminal.run("migrate").exit_code == 0
    (tmp_path / "surveys.toml").write_text(brief())
    terminal.run("surveys", "rules", "load")
    terminal.run("surveys", "rules", "on", "csat")
    numbers = iter(range(1, 100))

    def put(state: str, *, minutes_ago: float = 11, days_left: int = 3, person: int = 0) -> int:
        errand_id = next(numbers)
        asked = state != "due"
        [row] = run_query(
            database,
            "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
            " vendor, survey, channel, contact, person_sha256, event_at, due_at, send_until,"
            " expires_at, state, sent_by, sent_at, tries, problem)"
            " VALUES ('demo', %s, %s, 'csat', 1, 'digidesk', '{}', 'email', 'anna@example.org',"
            " %s, now(), now(), now() + %s, now(), %s, %s, now() - %s::interval, 1, %s)"
            " RETURNING invitation_id",
            *(f"reference-{errand_id}", errand_id, bytes([person or errand_id]) * 32),
            *(timedelta(days=days_left), state, uuid4() if asked else None),
            timedelta(minutes=minutes_ago) if asked else None,
            "HTTP 500" if state == "unknown" else None,
        )
        run_query(
            database,
            "INSERT INTO feedback.decision (workspace, errand_id, event, event_at, rule,"
            " rule_version, verdict, invitation_id)"
            " VALUES ('demo', %s, 'answered', now(), 'csat', 1, 'invite', %s)",
            *(errand_id, row["invitation_id"]),
        )
        return int(row["invitation_id"])

    return put


def state_of(database, number):
    [row] = run_query(
        database,
        "SELECT i.state, i.problem, i.settled_by, d.reason FROM feedback.invitation AS i"
        " JOIN feedback.decision AS d USING (workspace, errand_id) WHERE i.invitation_id = %s",
        number,
    )
    return row


def test_status_shows_what_waits_and_why(terminal, invitation, database):
    invitation("due")
    invitation("unknown")
    run_query(
        database,
        "INSERT INTO feedback.vendor (workspace, vendor, paused_until, reason)"
        " VALUES ('demo', 'digidesk', now(), 'HTTP 401')",
    )
    terminal.run("surveys", "hold", "--reason", "too many")

    shown = terminal.json("surveys", "status")
    [demo], [vendor] = shown["workspaces"], shown["vendors"]

    assert (demo["rules_on"], demo["due"], demo["unknown"], demo["sending"]) == (1, 1, 1, 0)
    assert (demo["stuck"], demo["unmatched"]) == (0, 0)
    assert demo["held"] == "too many"
    assert (vendor["vendor"], vendor["reason"]) == ("digidesk", "HTTP 401")
    text = terminal.run("surveys", "status").stdout
    assert "too many" in text
    assert "HTTP 401" in text


def test_status_shows_customers_who_wait_for_a_vendor_and_surveys_with_a_problem(
    terminal, invitation, database
):
    run_query(
        database,
        "INSERT INTO feedback.session (workspace, errand_id, vendor, remote_id, origin, state,"
        " verified, outcome_state, started_at, completed_at, problem) VALUES"
        " ('demo', 1, 'centracx', NULL, 'page', 'open', true, 'no', now() - interval '9 s', NULL,"
        "  NULL),"
        " ('demo', 2, 'centracx', 'a', 'page', 'stuck', true, 'no', now(), NULL, 'Rank Order'),"
        " ('demo', 3, 'alvaria', 'b', 'page', 'complete', true, 'unknown', now(), now(),"
        "  'HTTP 500')",
    )

    shown = terminal.json("surveys", "status")
    text = terminal.run("surveys", "status").stdout

    alvaria, centracx = shown["conversations"]
    assert (centracx["vendor"], centracx["waiting"], centracx["stuck"]) == ("centracx", 1, 1)
    assert 9 <= centracx["longest_wait_s"] < 60
    assert (alvaria["vendor"], alvaria["waiting"], alvaria["unknown"]) == ("alvaria", 0, 1)
    assert {one["problem"] for one in shown["problems"]} == {"Rank Order", "HTTP 500"}
    assert "complete, outcome unknown" in text


def test_invitations_are_listed_by_state_and_without_contacts(terminal, invitation):
    invitation("due")
    number = invitation("triggered")

    [one] = terminal.json("surveys", "invitations", "--state", "triggered")
    text = terminal.run("surveys", "invitations").stdout

    assert (one["invitation_id"], one["vendor"], one["state"]) == (number, "digidesk", "triggered")
    assert len(text.splitlines()) == 3
    assert "anna@example.org" not in text + str(one)


def test_nothing_to_list_is_said(terminal, invitation):
    assert terminal.run("surveys", "invitations").stdout == "There are no invitations.\n"
    assert terminal.run("surveys", "unknown").stdout == "Nothing is unknown.\n"


def test_unknown_outcomes_are_listed_with_what_to_look_for(terminal, invitation):
    number = invitation("unknown")

    [one] = terminal.json("surveys", "unknown")
    lines = terminal.run("surveys", "unknown").stdout.splitlines()

    assert (one["invitation_id"], one["reference"]) == (number, "reference-1")
    assert "anna@example.org" in lines[1]
    assert any("unknown missing NUMBER" in line for line in lines)


def test_what_a_dead_worker_was_sending_is_listed_as_unknown(terminal, invitation):
    number = invitation("sending")

    [one] = terminal.json("surveys", "unknown")

    assert (one["invitation_id"], one["problem"]) == (
        number,
        "the worker that asked the vendor has died",
    )


def test_done_settles_an_unknown_outcome(terminal, invitation, database):
    number = invitation("unknown")

    result = terminal.run("surveys", "unknown", "done", number, "--yes")

    assert result.stdout == f"Recorded: invitation {number} was sent.\n"
    assert state_of(database, number)["state"] == "triggered"
    assert state_of(database, number)["settled_by"] == "operator"


def test_missing_before_ten_minutes_is_refused_with_the_time_left(terminal, invitation, database):
    number = invitation("unknown", minutes_ago=4)

    result = terminal.run("surveys", "unknown", "missing", number, "--yes")

    assert result.exit_code == 1
    assert "Wait another 6 minutes.\n" in result.stderr
    assert state_of(database, number)["state"] == "unknown"


def test_missing_after_ten_minutes_makes_it_due_again(terminal, invitation, database):
    number = invitation("unknown")

    result = terminal.run("surveys", "unknown", "missing", number, "--yes")

    assert result.stdout == f"Recorded: invitation {number} was not sent. It is sent again.\n"
    assert state_of(database, number) == {
        "state": "due",
        "problem": None,
        "settled_by": None,
        "reason": None,
    }


@pytest.mark.parametrize(("chosen", "reason"), [({"days_left": -1}, "too_late"), ({}, "quiet")])
def test_missing_withdraws_what_cannot_be_sent_again(
    terminal, invitation, database, chosen, reason
):
    invitation("due", person=99)
    number = invitation("unknown", person=99, **chosen)

    result = terminal.run("surveys", "unknown", "missing", number, "--yes")

    assert "was not sent. It is withdrawn." in result.stdout
    assert state_of(database, number) == {
        "state": "withdrawn",
        "problem": reason,
        "settled_by": "operator",
        "reason": reason,
    }


@pytest.mark.parametrize("command", ["done", "missing"])
def test_an_outcome_that_is_known_cannot_be_recorded_again(terminal, invitation, command):
    number = invitation("triggered")

    result = terminal.run("surveys", "unknown", command, number, "--yes")

    assert result.exit_code == 1
    assert f"No invitation with unknown outcome has number {number}." in result.stderr


def test_what_is_due_can_be_withdrawn_and_nothing_else(terminal, invitation, database):
    due, sent = invitation("due"), invitation("triggered")

    assert terminal.run("surveys", "withdraw", due).exit_code == 0
    refused = terminal.run("surveys", "withdraw", sent)

    assert state_of(database, due) == {
        "state": "withdrawn",
        "problem": "withdrawn_by_operator",
        "settled_by": "operator",
        "reason": "withdrawn_by_operator",
    }
    assert (refused.exit_code, state_of(database, sent)["state"]) == (1, "triggered")


def test_metrics_show_what_waits_is_unknown_held_and_paused(invitation, terminal, database):
    invitation("due")
    invitation("sending")
    invitation("unknown")
    run_query(
        database,
        "INSERT INTO feedback.vendor (workspace, vendor, paused_until, reason) VALUES"
        " ('demo', 'digidesk', now(), 'HTTP 401'), ('demo', 'customer_radar', NULL, NULL)",
    )
    terminal.run("surveys", "hold")

    with psycopg.connect(database) as conn:
        found = {
            (gauge.name.removeprefix("cention_survey_"), gauge.labels.get("vendor")): gauge.value
            for gauge in read_gauges(conn)
            if gauge.name.startswith("cention_survey_") and "reason" not in gauge.labels
        }

    assert 0 <= found.pop(("oldest_due_seconds", None)) < 60
    assert found == {
        ("due", None): 1,
        ("sending", None): 1,
        ("unknown", None): 1,
        ("held", None): 1,
        ("stuck", None): 0,
        ("unmatched", None): 0,
        ("paused", "digidesk"): 1,
        ("paused", "customer_radar"): 0,
    }
