"""``POST /answers/<workspace>/<vendor>``: rows of a vendor's results."""

from __future__ import annotations

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import psycopg
import pytest
import requests
from prometheus_client import REGISTRY

from receiver import pushed_answers
from tests.support.databases import run_query
from tests.support.eventually import eventually
from tests.support.receiver_app import refused
from tests.support.surveys import brief, rules_of
from workers.surveys.jobs import load_rules

PATH = "/answers/demo/digidesk"
SECRET, OLD_SECRET = "push-secret", "old-secret"
PUSHES = 12
WAITING = """
SELECT count(*) AS number FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
IMPORT = '[import.digidesk]\n"Invitation" = "reference"\n"Score" = "nps"\n"Why" = "comment"\n'


@pytest.fixture
def push(make_client, make_settings, database):
    """Push a document; returns the response."""
    settings = replace(make_settings(), survey_push_secrets=(SECRET, OLD_SECRET))
    client = make_client(settings, save_pushed_answers=partial(pushed_answers.save, database))

    def send(document, *, path=PATH, secret=SECRET):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return client.post(path, data=body, headers={"Authorization": f"Bearer {secret}"})

    return send


@pytest.fixture
def invited(database):
    """An invitation with the reference ``ours``, of unknown outcome."""
    with psycopg.connect(database) as conn:
        load_rules.load(conn, "demo", rules_of(brief(tables=IMPORT)), dry_run=False)
    run_query(
        database,
        "INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version,"
        " vendor, survey, channel, person_sha256, event_at, due_at, send_until, expires_at, state,"
        " sent_by, sent_at) VALUES ('demo', 'ours', 33, 'csat', 1, 'digidesk', '{}', 'email',"
        " sha256('x'), now(), now(), now(), now(), 'unknown', gen_random_uuid(), now())",
    )


def saved(database):
    return run_query(database, "SELECT number, comment FROM feedback.answer ORDER BY kind")


def test_rows_are_saved_and_counted_and_bad_ones_are_named(push, invited, database):
    rows = [
        {"Invitation": "ours", "Score": 9, "Why": "Good"},
        {"Invitation": "strange", "Score": 1},
        {"Invitation": "ours", "Score": 12},
        {"Invitation": "ours"},
    ]

    response = push({"rows": rows})

    assert response.status_code == 200
    assert response.json == {
        "taken": 1,
        "known": 0,
        "unmatched": 1,
        "bad": [
            {"row": 3, "problem": "column 'Score' must be a whole number from 0 to 10"},
            {"row": 4, "problem": "has no answer"},
        ],
    }
    assert [(one["number"], one["comment"]) for one in saved(database)] == [
        (9, None),
        (None, "Good"),
    ]
    assert run_query(database, "SELECT origin FROM feedback.session") == [{"origin": "push"}]
    assert run_query(database, "SELECT state FROM feedback.invitation") == [{"state": "triggered"}]


def test_a_repeat_is_known_and_changes_nothing(push, invited, database):
    rows = [{"Invitation": "ours", "Score": 9}, {"Invitation": "strange", "Score": 1}]
    push({"rows": rows})
    before = saved(database)

    response = push({"rows": rows})

    assert response.json == {"taken": 0, "known": 1, "unmatched": 1, "bad": []}
    assert saved(database) == before
    assert len(run_query(database, "SELECT FROM feedback.unmatched_row")) == 1


@pytest.mark.parametrize(
    ("path", "secret", "body", "status", "workspace"),
    [
        (PATH, "wrong", {}, 401, "demo"),
        ("/answers/dmo/digidesk", SECRET, {}, 404, ""),
        (PATH, SECRET, b"x" * (pushed_answers.BODY_MAX_BYTES + 1), 413, "demo"),
        (PATH, SECRET, b"x", 422, "demo"),
    ],
)
def test_a_refused_push_is_counted_by_workspace_and_leaves_a_line_in_the_log(
    push, capsys, path, secret, body, status, workspace
):
    labels = {"workspace": workspace, "status": str(status)}
    before = REGISTRY.get_sample_value("cention_pushed_answers_total", labels) or 0

    for _ in range(2):
        assert push(body, path=path, secret=secret).status_code == status

    assert REGISTRY.get_sample_value("cention_pushed_answers_total", labels) == before + 2
    assert "".join(capsys.readouterr()).count("pushed answers refused") == 1


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_every_secret_of_the_settings_is_accepted(push, invited, secret):
    assert push({"rows": []}, secret=secret).status_code == 200


@pytest.mark.parametrize("secret", ["", "wrong", f"{SECRET},{OLD_SECRET}", "ø"])
def test_any_other_secret_is_refused(push, invited, database, secret):
    rows = {"rows": [{"Invitation": "ours", "Score": 9}]}

    assert refused(push(rows, secret=secret), 401)
    assert saved(database) == []


def test_without_a_secret_in_the_settings_there_is_no_such_address(make_client):
    response = make_client().post(PATH, data=b"{}", headers={"Authorization": "Bearer "})

    assert refused(response, 404)


@pytest.mark.parametrize("path", ["/answers/other/digidesk", "/answers/demo/nobody"])
def test_an_unknown_workspace_or_vendor_is_not_found(push, path):
    assert refused(push({"rows": []}, path=path), 404)


def test_a_push_of_more_than_a_mebibyte_or_a_thousand_rows_is_too_large(push, invited, database):
    row = {"Invitation": "ours", "Score": 9}

    assert refused(push({"rows": [row] * 1001}), 413)
    assert refused(push({"rows": [row | {"Other": "x" * 2**20}]}), 413)
    assert saved(database) == []


@pytest.mark.parametrize(
    "document", [b"", b"{", b'{"rows": [NaN]}', [], {"rows": {}}, {"rows": [{"Score": "x"}]}]
)
def test_a_push_of_which_no_row_can_be_read_is_refused(push, invited, document):
    assert refused(push(document), 422)


def test_a_push_for_which_the_rules_name_no_columns_is_refused(push):
    response = push({"rows": [{"Invitation": "ours", "Score": 9}]})

    assert refused(response, 422)
    assert "[import.digidesk]" in json.loads(response.data)["errors"][0]["detail"]


def test_while_the_database_is_down_the_vendor_is_asked_to_send_it_again(
    make_client, make_settings
):
    settings = replace(make_settings(), survey_push_secrets=(SECRET,))
    gone = "postgresql://nobody:password@127.0.0.1:1/none"
    client = make_client(settings, save_pushed_answers=partial(pushed_answers.save, gone))

    response = client.post(PATH, json={"rows": []}, headers={"Authorization": f"Bearer {SECRET}"})

    assert refused(response, 503)
    assert response.headers["Retry-After"]
    assert "password" not in response.text


def test_pushes_that_wait_for_postgres_hold_up_neither_health_nor_metrics(serve, invited, database):
    receiver = serve(WEB_CONCURRENCY="1", SURVEY_PUSH_SECRETS=SECRET)
    url = f"http://127.0.0.1:{receiver.port}{PATH}"
    headers = {"Authorization": f"Bearer {SECRET}"}

    def push(_number):
        response = requests.post(url, headers=headers, json={"rows": []}, timeout=60)
        return response.status_code, response.headers.get("Retry-After")

    with ThreadPoolExecutor(PUSHES) as vendors, psycopg.connect(database) as conn:
        conn.execute("LOCK TABLE feedback.rules_file")
        pushes = vendors.map(push, range(PUSHES))
        eventually(lambda: run_query(database, WAITING)[0]["number"] >= 2)
        began = time.monotonic()
        pages = [receiver.get(path).status_code for path in ("/health/ready", "/metrics")]
        took_s = time.monotonic() - began
        conn.rollback()
        answers = Counter(pushes)

    assert pages == [200, 200]
    assert took_s < pushed_answers.STATEMENT_S / 2
    assert answers == {(200, None): 8, (503, "5"): PUSHES - 8}


def test_the_served_receiver_takes_the_secrets_from_its_settings(serve, invited, database):
    receiver = serve(SURVEY_PUSH_SECRETS=f"{OLD_SECRET}, {SECRET}")
    url = f"http://127.0.0.1:{receiver.port}{PATH}"
    rows = {"rows": [{"Invitation": "ours", "Score": 9}]}

    def post(secret, **request):
        headers = {"Authorization": f"Bearer {secret}"}
        return requests.post(url, headers=headers, timeout=10, **request).status_code

    assert post("wrong", json=rows) == 401
    assert post(SECRET, json=rows) == 200
    assert post(SECRET, data=b" " * (2**20 + 1)) == 413
    assert post(SECRET, data=b" " * (11 * 2**20)) == 413
    assert [one["number"] for one in saved(database)] == [9]
    assert SECRET not in receiver.log.read_text("utf-8")


@pytest.mark.parametrize("levels", [251, 870, 1_024])
def test_a_push_that_nests_too_deep_is_refused_with_a_pointer(push, invited, levels):
    body = b'{"rows": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"

    response = push(body)

    assert refused(response, 422)
    [error] = json.loads(response.data)["errors"]
    assert error["detail"] == "The body nests deeper than 250 levels."
    assert error["source"] == {"pointer": ""}


def test_a_push_of_the_deepest_nesting_that_is_read_is_answered_for_its_rows(push, invited):
    deep = json.loads("[" * 247 + "]" * 247)

    response = push({"rows": [{"Invitation": "ours", "Score": 9}, {"Invitation": deep}]})

    assert response.status_code == 200
    assert [one["row"] for one in response.json["bad"]] == [2]
