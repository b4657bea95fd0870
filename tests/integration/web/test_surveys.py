"""Surveys: rules, previews, hold, invitations, objections; and why on the page of an errand."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.support.databases import run_query
from tests.support.surveys import brief, rules_of
from tests.support.web import HOSTILE, add_errand
from workers.surveys.jobs import load_rules
from workers.surveys.store import person_keys
from workers.web import surveys, troubles


@pytest.fixture
def person_key(database):
    with psycopg.connect(database) as conn:
        person_keys.create_missing(conn, ["demo"])


@pytest.fixture
def rules(database, person_key):
    with psycopg.connect(database) as conn:
        load_rules.load(conn, "demo", rules_of(brief()), dry_run=False)


@pytest.fixture
def invite(database, rules):
    def add(state="due", problem=None):
        [row] = run_query(
            database,
            "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
            " vendor, survey, channel, contact, person_sha256, event_at, due_at, send_until,"
            " expires_at, state, sent_at, sent_by, problem) VALUES ('demo', %s, %s, 'csat', 1,"
            " 'digidesk', '{}', 'email', 'kim@customer.example', sha256(%s), now(), now(),"
            " now() + interval '1 day', now(), %s, CASE WHEN %s <> 'due' THEN now() - interval"
            " '1 hour' END, CASE WHEN %s <> 'due' THEN gen_random_uuid() END, %s)"
            " RETURNING invitation_id",
            f"ref-{state}",
            7 + len(state),
            state.encode(),
            *[state] * 3,
            problem,
        )
        return row["invitation_id"]

    return add


def acts(database):
    return run_query(
        database,
        "SELECT kind, workspace, object, outcome FROM intake.operator_action"
        " WHERE kind <> 'sign_in' ORDER BY action_id",
    )


def post(visitor, path, **form):
    return visitor.post(f"/surveys/{path}", workspace="demo", **form)


def test_without_rules_the_page_says_how_to_load_some(operator):
    assert "cention surveys rules load" in operator.text("/surveys")


def test_a_rule_is_switched_on_and_off(operator, rules, database):
    for act, on in (("on", True), ("off", False)):
        post(operator, "rules", rule="csat", act=act)
        found = run_query(
            database, "SELECT FROM feedback.rule WHERE on_from IS NOT NULL AND off_at IS NULL"
        )
        assert bool(found) is on
    post(operator, "rules", rule="csat", act="off")

    assert [(one["kind"], one["object"], one["outcome"]) for one in acts(database)] == [
        ("rule_on", "rule csat", "done"),
        ("rule_off", "rule csat", "done"),
        ("rule_off", "rule csat", "nothing to do"),
    ]


def test_a_rule_that_is_not_in_the_file_is_not_switched(operator, rules, database):
    post(operator, "rules", rule=HOSTILE[:100], act="on")

    assert "There is no such rule" in operator.text("/surveys")
    assert acts(database) == []


def test_surveys_are_held_and_resumed(operator, rules, database):
    post(operator, "hold", act="hold", reason="<b>a rush</b>")
    text = operator.text("/surveys")
    assert "nobody is invited" in text
    assert "&lt;b&gt;a rush&lt;/b&gt;" in text

    post(operator, "hold", act="resume")

    assert "Surveys are not held." in operator.text("/surveys")
    assert [one["kind"] for one in acts(database)] == ["hold_surveys", "resume_surveys"]
    assert run_query(database, "SELECT FROM feedback.hold") == []


def test_an_invitation_that_is_due_is_withdrawn(operator, invite, database):
    number = invite()
    assert "Withdraw" in operator.text("/surveys")

    post(operator, "invitations", id=number)

    [row] = run_query(database, "SELECT state, problem FROM feedback.invitation")
    assert row == {"state": "withdrawn", "problem": "withdrawn_by_operator"}
    assert "withdrawn by an operator" in operator.text("/surveys?state=withdrawn")
    assert [one["object"] for one in acts(database)] == [f"invitation {number}"]


def test_invitations_are_counted_and_shown_by_state(operator, invite):
    invite("triggered"), invite("refused", problem=HOSTILE)

    text = operator.text("/surveys?state=refused")

    assert "sent (1)" in text
    assert "refused by the vendor (1)" in text
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text
    assert operator.get("/surveys?state=odd").status_code == 404


def test_the_outcome_of_an_unknown_invitation_is_recorded_from_here_too(operator, invite, database):
    number = invite("unknown")
    assert "ref-unknown" in operator.text("/surveys")

    answer = operator.post(
        "/troubles/invitations", workspace="demo", id=number, happened="yes", page="surveys"
    )

    assert answer.headers["Location"].startswith("/surveys")
    assert run_query(database, "SELECT state FROM feedback.invitation") == [{"state": "triggered"}]


@pytest.mark.parametrize("page", [surveys, troubles])
def test_of_many_unknown_invitations_the_oldest_are_shown(
    operator, invite, database, monkeypatch, page
):
    for number in (1, 2):
        invite("unknown")
        run_query(
            database,
            "UPDATE feedback.invitation SET reference = %s, errand_id = %s, person_sha256 ="
            " sha256(%s) WHERE reference = 'ref-unknown'",
            f"ref-{number}",
            number,
            str(number).encode(),
        )
    monkeypatch.setattr(page, "SHOWN", 1)

    text = operator.text(f"/{page.__name__.rpartition('.')[2]}")

    assert "ref-1" in text
    assert "ref-2" not in text
    assert "The first 1 of 2." in text


def test_the_page_of_an_errand_calls_its_invitation_as_this_page_does(operator, invite, database):
    invite("triggered")
    [row] = run_query(database, "SELECT errand_id FROM feedback.invitation")
    add_errand(database, row["errand_id"])

    part = operator.text(f"/errands/demo/{row['errand_id']}").partition('class="timeline"')[2]

    assert "triggered" not in part
    assert "survey</span> sent" in part


def test_an_objection_is_recorded_without_its_contact_in_the_record(operator, person_key, database):
    post(operator, "opt-outs", contact="Kim@Customer.example", act="add")
    assert "kim@customer.example" in operator.text("/surveys")

    post(operator, "opt-outs", contact="kim@customer.example", act="remove")

    assert "kim@customer.example" not in operator.text("/surveys")
    found = acts(database)
    assert [one["kind"] for one in found] == ["add_opt_out", "remove_opt_out"]
    assert [one["object"] for one in found] == [None, None]


def test_without_a_key_for_persons_the_page_says_what_to_run(operator, database):
    post(operator, "opt-outs", contact="kim@customer.example", act="add")

    assert "cention migrate" in operator.text("/surveys")
    assert acts(database) == []


@pytest.mark.parametrize("contact", ["nobody", "", "\0", "a b@customer.example"])
def test_what_is_no_contact_is_no_objection(operator, database, contact):
    post(operator, "opt-outs", contact=contact, act="add")

    assert "neither an e-mail address nor a mobile number" in operator.text("/surveys")
    assert acts(database) == []


def test_an_analyst_sees_no_contact_and_no_button(operator, analyst, invite):
    invite(), invite("unknown")
    post(operator, "opt-outs", contact="kim@customer.example", act="add")

    text = analyst.text("/surveys")

    assert "Objections (1)" in text
    assert "kim@customer.example" not in text
    assert "<form" not in text.partition("<main")[2]


def test_a_preview_is_shown_as_a_chart_and_writes_nothing(
    operator, analyst, worker, rules, database
):
    for number in range(7, 10):
        add_errand(
            database,
            number,
            answered=True,
            arrived_at="2026-01-01T00:00:00Z",
            answered_at=f"2026-01-0{number - 5}T10:00:00Z",
        )
    run_query(
        database,
        "UPDATE cention.errand SET answered_at = now() - make_interval(days => errand_id::int - 5),"
        " fetched_at = now()",
    )
    page = post(operator, "previews", rule="csat", days="30").headers["Location"]
    assert "Waiting for a worker" in operator.text(page)

    worker.work()

    text = analyst.text(page)
    assert 'data-step="day"' in text
    assert re.search(r"Invitations: \d+, of 3 errands\.", text)
    assert len(re.findall(r'<tr><td data-label="Day"><time datetime="\d{4}-\d\d-\d\d">', text)) >= 1
    assert run_query(database, "SELECT FROM feedback.decision") == []
    assert acts(database)[0]["outcome"] == "requested"
    assert page.removeprefix("http://localhost") in operator.text("/surveys")


def test_previews_of_a_workspace_are_shown_however_many_others_were_asked_for(
    operator, rules, database
):
    page = post(operator, "previews", rule="csat", days="30").headers["Location"]
    run_query(
        database,
        "INSERT INTO intake.operator_request (person, kind, workspace, rule, days)"
        " SELECT 'olga', 'preview', 'other', 'csat', 30 FROM generate_series(1, 30)",
    )

    text = operator.text("/surveys")

    assert page.removeprefix("http://localhost") in text
    assert text.count("/surveys/previews/") == 1


@pytest.mark.parametrize("days", ["0", "367", "", "x"])
def test_a_preview_of_no_days_is_refused(operator, rules, database, days):
    assert post(operator, "previews", rule="csat", days=days).status_code == 400
    assert run_query(database, "SELECT FROM intake.operator_request") == []


def test_the_page_of_an_errand_says_why_its_customer_is_not_invited(operator, rules, database):
    add_errand(database, 7)
    text = operator.text("/errands/demo/7")
    assert "Nothing was decided about this errand yet." in text
    assert "does not invite now" in text

    run_query(
        database,
        "INSERT INTO feedback.decision (workspace, errand_id, event, event_at, verdict, reason)"
        " VALUES ('demo', 7, 'answered', now(), 'not', 'opted_out')",
    )

    assert "objects to surveys" in operator.text("/errands/demo/7")


def test_reasons_of_the_last_days_are_counted(operator, rules, database):
    run_query(
        database,
        "INSERT INTO feedback.decision (workspace, errand_id, event, event_at, verdict, reason,"
        " decided_at) SELECT 'demo', number, 'answered', now(), 'not', 'quiet',"
        " now() - make_interval(days => number) FROM generate_series(5, 9) AS number",
    )

    found = re.search(r'asked recently</td><td class="number">(\d+)', operator.text("/surveys"))

    assert found
    assert found[1] == "2"
