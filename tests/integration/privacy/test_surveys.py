"""Surveys: erasure, access and retention of invitations, answers and objections."""

from __future__ import annotations

import json

import pytest

from tests.integration.privacy.centre import ADDRESS, NAME, STRANGER, STRANGERS, WRITTEN
from workers.config.settings import Retention
from workers.privacy.jobs.retention import retain

PERSON, OTHER = "'\\x" + "01" * 32 + "'", "'\\x" + "02" * 32 + "'"


def invitation(errand_id, contact, name, person, state):
    return (
        "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
        " vendor, survey, channel, contact, contact_name, person_sha256, event_at, due_at,"
        " send_until, expires_at, state, sent_by, sent_at)"
        " VALUES ('demo', 'r' || %s, %s, 'csat', 1,"
        f" 'digidesk', '{{}}', 'email', %s, %s, {person}, now(), now(), now(), now(), '{state}',"
        " gen_random_uuid(), now())",
        (errand_id, errand_id, contact, name),
    )


def answered(errand_id, comment):
    yield (
        "INSERT INTO feedback.session (workspace, session_id, invitation_id, errand_id, vendor,"
        " remote_id, origin, state, verified, context) SELECT workspace, errand_id, invitation_id,"
        " errand_id, vendor, reference, 'page', 'complete', true, to_jsonb(%s::text)"
        " FROM feedback.invitation WHERE errand_id = %s",
        (f"context: {comment}", errand_id),
    )
    yield (
        "INSERT INTO feedback.answer (workspace, session_id, position, kind, number, lowest,"
        " highest, comment) VALUES ('demo', %s, 1, 'nps', 3, 0, 10, NULL),"
        " ('demo', %s, 2, 'text', NULL, NULL, NULL, %s)",
        (errand_id, errand_id, comment),
    )


@pytest.fixture
def surveyed(centre):
    """The person and a stranger were invited, answered, and objected."""
    statements = [
        (
            "INSERT INTO feedback.rules_file (workspace, version, document, sha256)"
            f" VALUES ('demo', 1, '{{}}', {PERSON})",
            (),
        ),
        (
            "INSERT INTO feedback.rule (workspace, name, version, document, sha256)"
            f" VALUES ('demo', 'csat', 1, '{{}}', {PERSON})",
            (),
        ),
        invitation(WRITTEN, ADDRESS, NAME, PERSON, "triggered"),
        *answered(WRITTEN, "MARKER thinks so"),
        invitation(STRANGERS, STRANGER, "Other", OTHER, "triggered"),
        *answered(STRANGERS, "A stranger thinks so"),
        (
            "INSERT INTO feedback.opt_out (workspace, person_sha256, contact, source) VALUES"
            f" ('demo', {PERSON}, %s, 'operator'), ('demo', {OTHER}, %s, 'operator')",
            (ADDRESS.lower(), STRANGER),
        ),
        (
            "INSERT INTO feedback.unmatched_row (workspace, vendor, row_sha256, reference, cells,"
            f" origin) VALUES ('demo', 'digidesk', {PERSON}, 'strange', %s, 'import')",
            (json.dumps({"Comment": f"mail {ADDRESS}"}),),
        ),
        (
            "WITH sent AS (INSERT INTO cention.sent_errand (workspace, message_sha256, state,"
            " answered, from_address, subject, attachment_count, attachment_bytes, sent_by)"
            f" VALUES ('demo', {PERSON}, 'created', false, 'surveys@example.com',"
            " 'MARKER thinks so', 0, 0, gen_random_uuid()) RETURNING sent_id)"
            " INSERT INTO feedback.alert (workspace, session_id, sent_id)"
            " SELECT 'demo', %s, sent_id FROM sent",
            (WRITTEN,),
        ),
    ]
    for statement, values in statements:
        centre.bridge.execute(statement, *values)
    return centre


@pytest.fixture
def erase(terminal):
    return lambda: terminal.json("erase", "--address", ADDRESS, "--yes", "--reviewer", "2117249628")


def feedback(centre):
    return {
        table: [r["row"] for r in centre.bridge.rows(f"SELECT to_jsonb(t) AS row FROM {table} t")]
        for table in (
            *("feedback.invitation", "feedback.session", "feedback.answer", "feedback.opt_out"),
            *("feedback.unmatched_row", "feedback.alert"),
        )
    }


def only(rows, errand_id):
    return [row for row in rows if row.get("errand_id", row.get("session_id")) == errand_id]


def test_erasure_leaves_numbers_and_times_and_nothing_that_names_the_person(surveyed, erase):
    before = feedback(surveyed)

    erase()

    after = feedback(surveyed)
    assert surveyed.traces() == {}
    [invited] = only(after["feedback.invitation"], WRITTEN)
    [was] = only(before["feedback.invitation"], WRITTEN)
    assert invited == was | {"contact": None, "contact_name": None}
    [session] = only(after["feedback.session"], WRITTEN)
    assert session["context"] is None
    score, comment = only(after["feedback.answer"], WRITTEN)
    assert (score["number"], comment["comment"]) == (3, None)
    assert comment["answered_at"]
    for table in ("feedback.invitation", "feedback.session", "feedback.answer"):
        assert only(after[table], STRANGERS) == only(before[table], STRANGERS)


def test_an_objection_outlives_the_erasure_of_the_person(surveyed, erase):
    erase()

    objections = surveyed.bridge.rows(
        "SELECT contact, undone_at FROM feedback.opt_out ORDER BY person_sha256"
    )
    assert objections == [
        {"contact": None, "undone_at": None},
        {"contact": STRANGER, "undone_at": None},
    ]


def test_an_invitation_that_is_due_is_withdrawn(surveyed, erase):
    surveyed.bridge.execute("UPDATE feedback.invitation SET state = 'due'")

    erase()

    states = surveyed.bridge.rows("SELECT errand_id, state FROM feedback.invitation")
    assert {row["errand_id"]: row["state"] for row in states} == {
        WRITTEN: "withdrawn",
        STRANGERS: "due",
    }


@pytest.fixture
def numbered(surveyed, environment):
    """The person is known to surveys by a number, and objected before any invitation."""
    environment.setenv("SURVEY_COUNTRY", "SE")
    surveyed.bridge.execute(
        "UPDATE cention.errand SET from_address = '0701-740605' WHERE errand_id = %s", WRITTEN
    )
    for table in ("invitation", "opt_out"):
        surveyed.bridge.execute(
            f"UPDATE feedback.{table} SET contact = '+46701740605' WHERE person_sha256 = {PERSON}"
        )
    surveyed.bridge.execute(
        "UPDATE feedback.unmatched_row SET cells = %s", json.dumps({"Mobile": "+46701740605"})
    )
    surveyed.bridge.execute(
        "INSERT INTO feedback.opt_out (workspace, person_sha256, contact, source)"
        " VALUES ('other', sha256('x'), '+46701740605', 'import')"
    )
    return surveyed


@pytest.mark.parametrize("number", ["070-174 06 05", "+46 70 174 06 05", "+46701740605"])
def test_a_person_is_erased_by_any_notation_of_a_number(numbered, terminal, number):
    terminal.json("erase", "--address", number, "--yes")

    after = feedback(numbered)
    [invited] = only(after["feedback.invitation"], WRITTEN)
    assert (invited["contact"], invited["contact_name"]) == (None, None)
    assert only(after["feedback.answer"], WRITTEN)[1]["comment"] is None
    assert [row["context"] for row in only(after["feedback.session"], WRITTEN)] == [None]
    assert {row["contact"] for row in after["feedback.opt_out"]} == {None, STRANGER}
    assert "46701740605" not in json.dumps(after)
    [errand] = numbered.bridge.rows(
        f"SELECT from_address FROM cention.errand WHERE errand_id = {WRITTEN}"
    )
    assert errand == {"from_address": None}


@pytest.mark.parametrize("number", ["070-174 06 05", "+46 70 174 06 05"])
def test_a_person_gets_everything_by_any_notation_of_a_number(numbered, terminal, number):
    tables = json.loads(terminal.run("export-person", "--address", number).stdout)["tables"]

    assert [row["errand_id"] for row in tables["feedback.invitation"]] == [WRITTEN]
    assert {row["comment"] for row in tables["feedback.answer"]} == {None, "MARKER thinks so"}
    assert {row["contact"] for row in tables["feedback.opt_out"]} == {"+46701740605"}
    assert len(tables["feedback.opt_out"]) == 2
    assert len(tables["feedback.unmatched_row"]) == 1


def test_a_comment_that_comes_later_is_redacted_by_the_next_run(surveyed, erase):
    erase()
    surveyed.bridge.execute(
        "UPDATE feedback.answer SET comment = 'MARKER again' WHERE position = 2"
    )

    retain(Retention(), session=surveyed.bridge.context.session)

    found = surveyed.bridge.rows(
        "SELECT session_id, comment FROM feedback.answer WHERE position = 2"
    )
    assert {row["session_id"]: row["comment"] for row in found} == {
        WRITTEN: None,
        STRANGERS: "MARKER again",
    }


def test_a_person_gets_everything_about_their_surveys(surveyed, terminal):
    tables = json.loads(terminal.run("export-person", "--address", ADDRESS).stdout)["tables"]

    [invited] = tables["feedback.invitation"]
    assert (invited["errand_id"], invited["contact"]) == (WRITTEN, ADDRESS)
    assert [row["session_id"] for row in tables["feedback.session"]] == [WRITTEN]
    assert {row["comment"] for row in tables["feedback.answer"]} == {None, "MARKER thinks so"}
    assert [row["contact"] for row in tables["feedback.opt_out"]] == [ADDRESS.lower()]
    assert len(tables["feedback.unmatched_row"]) == 1
    assert len(tables["feedback.alert"]) == 1


@pytest.mark.parametrize(
    ("policy", "contacts_go"),
    [(Retention(feedback_days=30), True), (Retention(bodies_days=30), False)],
)
def test_contents_go_after_their_time_and_scores_stay(surveyed, policy, contacts_go):
    for table, column in (
        ("invitation", "event_at"),
        ("session", "started_at"),
        ("answer", "answered_at"),
        ("unmatched_row", "received_at"),
    ):
        surveyed.bridge.execute(
            f"UPDATE feedback.{table} SET {column} = now() - interval '31 days'"
        )

    retain(policy, session=surveyed.bridge.context.session)

    left = feedback(surveyed)
    assert {row["comment"] for row in left["feedback.answer"]} == {None}
    assert {row["context"] for row in left["feedback.session"]} == {None}
    assert [row["number"] for row in left["feedback.answer"]].count(3) == 2
    contacts = {row["contact"] for row in left["feedback.invitation"]}
    assert (contacts == {None}) == contacts_go
    assert (left["feedback.unmatched_row"][0]["cells"] is None) == contacts_go
    assert None not in {row["contact"] for row in left["feedback.opt_out"]}


def test_what_is_younger_or_may_still_be_sent_stays(surveyed):
    surveyed.bridge.execute(
        "UPDATE feedback.invitation SET state = 'due', event_at = now() - interval '31 days'"
    )
    before = feedback(surveyed)

    retain(Retention(feedback_days=30), session=surveyed.bridge.context.session)

    assert feedback(surveyed) == before
