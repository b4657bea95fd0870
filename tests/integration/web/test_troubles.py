"""Troubles: each list with its buttons, and what they do; the first page leads there."""

from __future__ import annotations

import json
import re

import psycopg
import pytest
from flask import url_for

from tests.support.databases import run_query
from tests.support.settings import WORKSPACE
from tests.support.surveys import brief, rules_of
from tests.support.web import HOSTILE
from workers.surveys.jobs import load_rules
from workers.sync.store import landed, wanted
from workers.web.now import PLACES


def acts(database):
    return run_query(
        database,
        "SELECT kind, workspace, object, outcome FROM intake.operator_action"
        " WHERE kind <> 'sign_in' ORDER BY action_id",
    )


@pytest.fixture
def park(database):
    def add(*ids, family="errand_reports", error="HTTP 400"):
        for remote_id in ids:
            run_query(
                database,
                "INSERT INTO intake.wanted (workspace, family, remote_id, tries, last_error,"
                " parked_at) VALUES ('demo', %s, %s, 12, %s, now())",
                family,
                remote_id,
                error,
            )

    return add


@pytest.fixture
def unreadable(database):
    run_query(
        database,
        "INSERT INTO intake.landed (workspace, family, remote_id, document, fetched_at, problem)"
        " VALUES ('demo', 'errand_reports', 7, %s, now(), 'no data')",
        json.dumps({"odd": True}),
    )


@pytest.fixture
def callback(database):
    [row] = run_query(
        database,
        "INSERT INTO intake.callback (workspace, received_at, body_sha256, document, problem)"
        " VALUES ('demo', now(), sha256('x'), %s, 'no errand') RETURNING callback_id",
        json.dumps({"data": 1}),
    )
    return row["callback_id"]


@pytest.fixture
def workspace(database):
    """The workspace of the settings, as a migration writes it."""
    run_query(
        database,
        "INSERT INTO cention.workspace (workspace, timezone, address) VALUES ('demo', 'UTC', %s)",
        WORKSPACE.address,
    )


@pytest.fixture
def request_number(database):
    [row] = run_query(
        database,
        "INSERT INTO cention.sent_errand (workspace, message_sha256, state, answered, subject,"
        " from_address, attachment_count, attachment_bytes, sent_by, problem) VALUES"
        " ('demo', sha256('x'), 'unknown', false, 'Parcel', 'kim@customer.example', 0, 0,"
        " gen_random_uuid(), 'timed out') RETURNING sent_id",
    )
    return row["sent_id"]


def parked_ids(database):
    found = run_query(
        database, "SELECT remote_id FROM intake.wanted WHERE parked_at IS NOT NULL ORDER BY 1"
    )
    return [row["remote_id"] for row in found]


def test_without_troubles_the_page_says_so(operator):
    page = operator.text("/troubles")

    assert "There are no troubles." in page
    assert "Parked records" not in page


def test_one_parked_record_is_released_and_the_act_recorded_and_shown(operator, park, database):
    park(7, 8)
    assert "HTTP 400" in operator.text("/troubles")

    answer = operator.post("/troubles/parked", workspace="demo", family="errand_reports", id="7")

    assert answer.headers["Location"] == "/troubles#parked"
    assert parked_ids(database) == [8]
    assert acts(database) == [
        {
            "kind": "release_parked",
            "workspace": "demo",
            "object": "errand_reports 7",
            "outcome": "done: 1",
        }
    ]
    page = operator.text("/troubles")
    assert "Records that are tried again: 1." in page
    assert "try parked records again" in page


def test_all_parked_records_of_a_kind_are_released(operator, park, database):
    park(7, 8)
    park(9, family="facebook_ratings")

    operator.post("/troubles/parked", workspace="demo", family="errand_reports")

    assert parked_ids(database) == [9]


def test_what_was_done_meanwhile_is_not_done_again(operator, database):
    operator.post("/troubles/parked", workspace="demo", family="errand_reports", id="7")

    assert acts(database)[0]["outcome"] == "nothing to do"


@pytest.mark.parametrize(
    "form",
    [
        {"workspace": "demo", "family": "odd", "id": "7"},
        {"workspace": "demo", "family": "errand_reports", "id": "x"},
        {"workspace": "demo", "family": "errand_reports", "id": ""},
        {"workspace": "demo", "family": "errand_reports", "id": "99999999999999999999"},
        {"workspace": "demo", "family": "errand_reports", "id": "-1"},
        {"workspace": "demo", "family": "errand_reports", "id": "٣"},
    ],
)
def test_a_form_that_is_filled_in_wrongly_does_nothing(operator, park, database, form):
    park(7)

    assert operator.post("/troubles/parked", **form).status_code == 400
    assert parked_ids(database) == [7]


def test_a_document_that_cannot_be_read_is_shown_hidden_or_fetched_again(
    operator, unreadable, database
):
    assert json.loads(operator.get("/troubles/documents/demo/errand_reports/7").data) == {
        "odd": True
    }
    form = {"workspace": "demo", "family": "errand_reports", "id": "7"}
    operator.post("/troubles/unreadable", act="fetch", **form)
    assert run_query(database, "SELECT remote_id FROM intake.wanted") == [{"remote_id": 7}]

    operator.post("/troubles/unreadable", act="dismiss", **form)

    assert "no data" not in operator.text("/troubles")
    assert [one["kind"] for one in acts(database)] == ["fetch_again", "dismiss_document"]


def test_a_callback_with_a_problem_is_shown_hidden_or_filed_again(operator, callback, database):
    assert "no errand" in operator.text("/troubles")
    assert json.loads(operator.get(f"/troubles/callbacks/{callback}").data) == {"data": 1}

    operator.post("/troubles/callbacks", id=callback, act="file")
    [row] = run_query(database, "SELECT problem, filed_at FROM intake.callback")
    assert row == {"problem": None, "filed_at": None}

    run_query(database, "UPDATE intake.callback SET problem = 'no errand'")
    operator.post("/troubles/callbacks", id=callback, act="dismiss")
    assert "no errand" not in operator.text("/troubles")
    assert [one["kind"] for one in acts(database)] == ["file_again", "dismiss_callback"]


def test_an_act_on_a_callback_that_was_deleted_meanwhile_says_so(operator, callback, database):
    run_query(database, "DELETE FROM intake.callback")

    operator.post("/troubles/callbacks", id=callback, act="dismiss")

    assert "This callback is no longer stored." in operator.text("/troubles")
    assert acts(database) == []


@pytest.mark.parametrize(
    ("form", "state", "errand_id"),
    [
        ({"happened": "yes", "errand": "41"}, "created", 41),
        ({"happened": "yes", "errand": ""}, "created", None),
        ({"happened": "no", "errand": "41"}, "refused", None),
    ],
)
def test_the_outcome_of_a_request_is_recorded_once(
    operator, request_number, database, form, state, errand_id
):
    assert "timed out" in operator.text("/troubles")

    operator.post("/troubles/requests", id=request_number, **form)

    [row] = run_query(database, "SELECT state, errand_id FROM cention.sent_errand")
    assert row == {"state": state, "errand_id": errand_id}
    assert "Recorded." in operator.text("/troubles")
    operator.post("/troubles/requests", id=request_number, **form)
    assert "already recorded" in operator.text("/troubles")
    assert len(acts(database)) == 1


def test_an_outcome_has_to_be_chosen(operator, request_number, database):
    assert operator.post("/troubles/requests", id=request_number).status_code == 400
    assert acts(database) == []


@pytest.fixture
def invitation(database):
    with psycopg.connect(database) as conn:
        load_rules.load(conn, "demo", rules_of(brief()), dry_run=False)
    [row] = run_query(
        database,
        "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
        " vendor, survey, channel, contact, person_sha256, event_at, due_at, send_until,"
        " expires_at, state, sent_at, sent_by, problem) VALUES ('demo', 'ref-1', 7, 'csat', 1,"
        " 'digidesk', '{}', 'email', 'kim@customer.example', sha256('kim'), now(), now(),"
        " now() + interval '1 day', now(), 'unknown', now() - interval '1 hour',"
        " gen_random_uuid(), 'timed out') RETURNING invitation_id",
    )
    return row["invitation_id"]


@pytest.mark.parametrize(("happened", "state"), [("yes", "triggered"), ("no", "due")])
def test_the_outcome_of_an_invitation_is_recorded(operator, invitation, database, happened, state):
    page = operator.text("/troubles")
    assert "ref-1" in page
    assert "kim@customer.example" not in page

    operator.post("/troubles/invitations", workspace="demo", id=invitation, happened=happened)

    [row] = run_query(database, "SELECT state FROM feedback.invitation")
    assert row == {"state": state}
    [act] = acts(database)
    assert act["object"] == f"invitation {invitation}"


def test_a_vendor_that_was_asked_a_moment_ago_may_still_write(operator, invitation, database):
    run_query(database, "UPDATE feedback.invitation SET sent_at = now()")

    operator.post("/troubles/invitations", workspace="demo", id=invitation, happened="no")

    assert "Too early" in operator.text("/troubles")
    assert acts(database) == []


def test_why_an_outcome_is_not_recorded_is_said_in_the_language_of_the_page(
    operator, invitation, request_number, database
):
    run_query(database, "UPDATE feedback.invitation SET sent_at = now()")
    run_query(
        database,
        "INSERT INTO cention.sent_errand (workspace, message_sha256, state, answered, subject,"
        " errand_id, attachment_count, attachment_bytes, sent_by) VALUES"
        " ('demo', sha256('y'), 'created', false, 'Parcel', 41, 0, 0, gen_random_uuid())",
    )
    operator.post("/language", language="sv")

    operator.post("/troubles/invitations", workspace="demo", id=invitation, happened="no")
    page = operator.text("/troubles")
    assert "För tidigt: digidesk kan fortfarande skriva till personen." in page

    operator.post("/troubles/requests", id=request_number, happened="yes", errand="41")
    assert "Ärende 41 hör redan till begäran" in operator.text("/troubles")
    assert acts(database) == []


def test_an_analyst_sees_the_lists_without_buttons(
    analyst, park, unreadable, callback, request_number
):
    park(7)
    page = analyst.text("/troubles")

    assert "HTTP 400" in page
    assert "Only an operator can use the buttons." in page
    assert "/troubles/" not in page


def test_reasons_in_words_of_others_are_data(operator, park):
    park(7, error=HOSTILE)
    page = operator.text("/troubles")

    assert "<script>document" not in page
    assert "{{7*7}} {0} 😀" in page
    assert not set(page) & set("\u202e\u2066")  # they would turn the text after it
    assert len(page) < 20_000


def test_an_alert_with_a_long_reason_of_others_is_short_and_data(operator, invitation, database):
    run_query(
        database, "INSERT INTO feedback.hold (workspace, reason) VALUES ('demo', %s)", HOSTILE
    )
    run_query(database, "UPDATE feedback.rule SET on_from = now()")
    page = operator.text("/")

    assert "held, nobody is invited (" in page
    assert "<script>document" not in page
    assert not set(page) & set("\u202e\u2066")
    assert "W" * 1_001 not in page


def test_the_first_page_says_what_is_wrong_first_and_leads_to_the_button(operator, park):
    park(7)
    page = operator.text("/")

    assert re.search(r"\d+ alarms", page)
    assert page.index("Alarm: ") < page.index("Records</h2>")
    assert "1 record parked" in page
    assert "Records are parked" in page
    assert 'href="/troubles#parked"' in page


def test_what_is_wrong_is_said_in_the_language_of_the_page(operator, park):
    park(7, 8)
    operator.post("/language", language="sv")
    page = operator.text("/")

    assert "demo errand_reports: 2 poster är parkerade." in page
    assert "records parked" not in page
    assert "<code>cention parked</code>" in page


def test_durations_are_in_the_unit_of_the_language(operator, database):
    run_query(
        database,
        "INSERT INTO intake.wanted (workspace, family, remote_id, wanted_at, due_at)"
        " VALUES ('demo', 'errand_reports', 7, now() - '1 h'::interval, now() - '1 h'::interval)",
    )
    assert ">1h</td>" in operator.text("/")

    operator.post("/language", language="sv")

    assert ">1\u00a0tim</td>" in operator.text("/")


def test_each_place_that_the_first_page_leads_to_exists(
    operator, park, unreadable, callback, request_number, invitation
):
    park(7)
    with operator.client.application.test_request_context():
        paths = {url_for(endpoint) for endpoint, _ in PLACES.values()}
        places = [(url_for(endpoint), anchor) for endpoint, anchor in PLACES.values()]
    pages = {path: operator.text(path) for path in paths}

    assert [(path, id_) for path, id_ in places if f'id="{id_}"' not in pages[path]] == []


def test_the_first_page_leads_to_each_trouble_with_one_click(
    operator, workspace, park, unreadable, callback, request_number, invitation
):
    park(7)
    links = set(re.findall(r'class="button" href="([^"]+)"', operator.text("/")))

    assert links >= {
        "/troubles#parked",
        "/troubles#unreadable",
        "/troubles#callbacks",
        "/troubles#requests",
        "/troubles#invitations",
    }


def test_the_first_page_leads_to_the_surveys_of_a_workspace(operator, invitation, database):
    run_query(
        database, "UPDATE feedback.invitation SET state = 'due', due_at = now() - '1 h'::interval"
    )
    page = operator.text("/")

    assert 'class="button" href="/surveys?workspace=demo#hold"' in page
    assert '<a href="/surveys?workspace=demo">demo' in page


def test_numbers_of_troubles_lead_to_their_lists(operator, workspace, park, unreadable, callback):
    park(7)
    page = operator.text("/")

    for place in ("parked", "unreadable", "callbacks"):
        assert f'<a href="/troubles#{place}">1<span' in page


def test_whoever_may_not_run_the_checks_is_not_sent_there(operator, analyst, database):
    run_query(
        database,
        "INSERT INTO intake.wanted (workspace, family, remote_id, wanted_at, due_at)"
        " VALUES ('demo', 'errand_reports', 7, now() - '1 h'::interval, now() - '1 h'::interval)",
    )

    assert 'href="/settings#checks"' in operator.text("/")
    assert "/settings" not in analyst.text("/")


def test_the_first_page_has_a_chart_and_its_table_of_what_was_counted(operator, database):
    run_query(
        database,
        "INSERT INTO intake.activity_minute (workspace, family, minute_at, callbacks, stored,"
        " by_status, oldest_wait_s) VALUES"
        " ('demo', 'callbacks', now() - interval '3 hours', 50, 50, '{}', 4),"
        " ('demo', 'errand_reports', now() - interval '3 hours', 0, 120, '{\"200\": 118}', 9)",
    )
    page = operator.text("/")

    for value in ("5.0", "12.0", "11.8", "9"):
        assert f"<td>{value}</td>" in page
    assert page.count("<tr><td><time") == 4 * 145
    assert len(page) < 100_000


def test_an_empty_database_gives_whole_pages(operator):
    page = operator.text("/")

    assert "No record is wanted or stored yet." in page
    assert "Cention was not asked for anything" in page


def test_without_postgres_the_page_says_so(operator):
    pool = operator.client.application.config["POOL"]
    pool.close()
    page = operator.get("/")

    assert page.status_code == 503
    assert "Postgres does not answer" in page.get_data(as_text=True)


def test_of_many_troubles_a_hundred_are_read_and_all_are_counted(operator, database, park):
    run_query(
        database,
        "INSERT INTO intake.wanted (workspace, family, remote_id, parked_at)"
        " SELECT 'demo', 'errand_reports', n, now() FROM generate_series(1, 1150) AS n",
    )
    park(1, family="facebook_ratings")  # comes after the hundred
    run_query(
        database,
        "INSERT INTO intake.landed (workspace, family, remote_id, document, fetched_at, problem)"
        " SELECT 'demo', 'errand_reports', n, '{}', now(), 'odd'"
        " FROM generate_series(1, 1250) AS n",
    )
    page = operator.text("/troubles")

    assert "(1\u202f151)" in page
    assert "(1\u202f250)" in page
    assert page.count('name="id"') == 200
    assert "facebook_ratings" in page
    with psycopg.connect(database) as conn:
        assert len(wanted.parked(conn, None, limit=100)) == 100
        assert len(landed.unreadable(conn, None, limit=100)) == 100
