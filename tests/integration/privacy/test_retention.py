"""Contents are removed after the configured time; rows, numbers and times stay."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Thread

import pytest

from tests.integration.privacy import centre as data
from tests.integration.privacy.centre import STRANGERS, UNREADABLE, WRITTEN
from tests.support.eventually import eventually
from workers.config.settings import Retention
from workers.database import advisory_locks
from workers.database.records import Fetched
from workers.privacy.jobs import retention
from workers.privacy.jobs.retention import LOCK, retain, retain_if_due

ALL = Retention(callbacks_days=30, landed_days=30, bodies_days=30)
CALLBACKS, LANDED = Retention(callbacks_days=30), Retention(landed_days=30)
BODIES = Retention(bodies_days=30)


@pytest.fixture
def old_centre(centre):
    """Data that is 31 days old."""
    age(centre, days=31)
    return centre


def age(centre, *, days):
    for statement in (
        f"UPDATE intake.callback SET received_at = now() - interval '{days} days'",
        f"UPDATE intake.landed SET fetched_at = now() - interval '{days} days'",
        f"UPDATE cention.answer SET received_at = now() - interval '{days} days'",
        f"UPDATE cention.attachment SET fetched_at = now() - interval '{days} days'",
        f"UPDATE cention.errand SET fetched_at = now() - interval '{days} days',"
        f" arrived_at = now() - interval '{days} days', answered_at = NULL, done_at = NULL",
    ):
        centre.bridge.execute(statement)


def apply(centre, policy):
    return retain(policy, session=centre.bridge.context.session)


def a_session_waits(centre):
    return one(
        centre,
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )


def one(centre, query):
    [row] = centre.bridge.rows(query)
    [value] = row.values()
    return value


def test_without_retention_settings_everything_stays(old_centre):
    before = old_centre.texts()

    assert apply(old_centre, Retention()).removed == {}
    assert old_centre.texts() | {"intake.task_done": []} == before


def test_nothing_is_removed_before_its_time(centre):
    age(centre, days=29)
    before = centre.texts()

    assert apply(centre, ALL).removed == {}
    assert centre.texts() | {"intake.task_done": []} == before


def test_the_document_of_a_filed_callback_is_removed_and_its_row_stays(old_centre):
    rows = one(old_centre, "SELECT count(*) FROM intake.callback")

    assert apply(old_centre, CALLBACKS).removed == {"callbacks": 3}

    assert one(old_centre, "SELECT count(*) FROM intake.callback") == rows
    remaining = "SELECT count(*) FROM intake.callback WHERE document IS NOT NULL"
    assert one(old_centre, f"{remaining} AND filed_at IS NULL") == 2
    assert one(old_centre, f"{remaining} AND filed_at IS NOT NULL") == 0


def test_a_repeat_of_a_callback_whose_document_was_removed_is_still_detected(old_centre, document):
    callback = data.callback_of(document("callback_answer_errand"), STRANGERS, answer=21, files=[])
    old_centre.store_callback(callback)
    old_centre.bridge.file()
    age(old_centre, days=31)
    apply(old_centre, CALLBACKS)
    rows = one(old_centre, "SELECT count(*) FROM intake.callback")

    old_centre.store_callback(callback)

    assert one(old_centre, "SELECT count(*) FROM intake.callback") == rows


def test_a_callback_whose_document_was_removed_is_not_replayed(old_centre, terminal):
    apply(old_centre, CALLBACKS)

    result = terminal.run("callbacks", "replay", "1")

    assert result.exit_code == 1
    assert one(old_centre, "SELECT filed_at IS NOT NULL FROM intake.callback WHERE callback_id = 1")


def test_normalised_documents_are_removed_and_unreadable_ones_stay(old_centre):
    apply(old_centre, LANDED)

    assert old_centre.bridge.rows(
        "SELECT remote_id FROM intake.landed WHERE document IS NOT NULL"
    ) == [{"remote_id": UNREADABLE}]
    assert one(old_centre, "SELECT count(*) FROM cention.errand WHERE body_html IS NOT NULL") == 3


def test_renormalise_skips_removed_documents(old_centre, terminal):
    apply(old_centre, Retention(callbacks_days=30, landed_days=30))
    before = old_centre.texts()["cention.errand"]

    report = terminal.json("renormalise")

    counts = {each["family"]: each["documents"] for each in report["families"]}
    assert counts == {"errand_reports": 1, "callbacks": 1}  # those with a problem
    assert old_centre.texts()["cention.errand"] == before


def test_bodies_are_removed_from_rows_and_from_their_documents(old_centre):
    removed = apply(old_centre, BODIES).removed

    assert removed == {
        "callback_bodies": 3,
        "answer_bodies": 3,
        "errand_bodies": 3,
        "attachments": 3,
    }
    assert one(old_centre, "SELECT count(body_html) + count(answer_body) FROM cention.errand") == 0
    assert one(old_centre, "SELECT count(body_text) + count(body_html) FROM cention.answer") == 0
    assert one(old_centre, "SELECT count(*) FROM cention.blob") == 0
    assert one(old_centre, "SELECT count(*) FROM cention.errand WHERE subject IS NOT NULL") == 3
    readable = old_centre.bridge.rows(
        "SELECT document::text AS document FROM intake.landed WHERE problem IS NULL UNION ALL"
        " SELECT document::text FROM intake.callback WHERE filed_at IS NOT NULL"
    )
    assert not any("<p>" in row["document"] or "Dear MARKER" in row["document"] for row in readable)


def test_renormalise_restores_no_body(old_centre, terminal):
    apply(old_centre, BODIES)
    before = old_centre.texts()

    terminal.run("renormalise", "errand_reports")
    terminal.run("renormalise", "response_attachments")

    after = old_centre.texts()
    for table in ("cention.errand", "cention.attachment", "cention.blob"):
        assert after[table] == before[table]
    terminal.run("renormalise", "callbacks")
    bodies = "SELECT count(body_text) FROM cention.answer WHERE answer_id < 4"
    assert one(old_centre, bodies) == 0


def test_an_attachment_whose_content_was_removed_has_a_reason_and_its_name_and_size(old_centre):
    apply(old_centre, BODIES)

    [file] = old_centre.bridge.rows(
        "SELECT name, size_bytes, sha256, state, reason FROM cention.attachment"
        " WHERE attachment_id = %s",
        data.OWN_FILE,
    )
    assert file == {
        "name": "MARKER.txt",
        "size_bytes": len("what MARKER wrote"),
        "sha256": None,
        "state": "removed",
        "reason": "removed after RETAIN_BODIES_DAYS",
    }


def test_files_of_the_library_stay(old_centre):
    old_centre.bridge.execute(
        "UPDATE cention.attachment SET kind = 'library' WHERE kind = 'response'"
    )

    assert apply(old_centre, BODIES).removed["attachments"] == 1  # the image
    assert one(old_centre, "SELECT count(*) FROM cention.blob") == 2


@pytest.mark.parametrize("moment", ["answered_at", "done_at"])
def test_an_errand_with_recent_events_keeps_its_bodies(old_centre, moment):
    old_centre.bridge.execute(
        f"UPDATE cention.errand SET {moment} = now() WHERE errand_id = {WRITTEN}"
    )

    apply(old_centre, BODIES)

    assert old_centre.bridge.rows(
        "SELECT errand_id FROM cention.errand WHERE body_html IS NOT NULL"
    ) == [{"errand_id": WRITTEN}]
    assert one(
        old_centre,
        "SELECT document #>> '{data,attributes,basic,data,body}' FROM intake.landed"
        f" WHERE remote_id = {WRITTEN}",
    )


def test_an_old_errand_that_is_fetched_again_has_its_body_until_the_next_run(old_centre):
    apply(old_centre, BODIES)
    old_centre.fetch(STRANGERS)
    body = f"SELECT body_html FROM cention.errand WHERE errand_id = {STRANGERS}"
    assert one(old_centre, body)

    apply(old_centre, BODIES)

    assert one(old_centre, body) is None


def test_a_run_that_is_out_of_time_reports_more_and_the_next_continues(old_centre, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 1)
    runs = 0

    while retain(LANDED, session=old_centre.bridge.context.session, run_s=0).more:
        runs += 1

    assert runs >= 8
    assert one(old_centre, "SELECT count(*) FROM intake.landed WHERE document IS NOT NULL") == 1


def test_of_two_concurrent_runs_one_does_nothing(old_centre):
    with old_centre.bridge.context.session() as conn, advisory_locks.hold(conn, LOCK, slots=1):
        assert apply(old_centre, ALL).removed == {}

    assert apply(old_centre, ALL).removed


def test_a_content_that_a_drain_refers_to_meanwhile_stays(old_centre):
    """Otherwise a stored attachment would have no content, permanently."""
    retained: list[object] = []
    fetched = data.file_of(data.FILES)(data.OWN_FILE)
    spec = old_centre.bridge.context.families["demo", data.FILES]
    record = spec.parse(555, fetched.document, fetched)
    thread = Thread(target=lambda: retained.append(apply(old_centre, BODIES)))

    with old_centre.bridge.context.transaction() as conn:
        spec.save(conn, "demo", [Fetched(record=record, fetched_at=datetime.now(UTC))])
        thread.start()
        eventually(lambda: a_session_waits(old_centre))
    thread.join(20)

    assert retained
    assert "what MARKER wrote" in old_centre.texts()["blobs"]
    assert (
        one(old_centre, "SELECT state FROM cention.attachment WHERE attachment_id = 555")
        == "stored"
    )


def test_retention_is_applied_once_an_hour_whatever_is_restarted(centre):
    session = centre.bridge.context.session
    last = "UPDATE intake.task_done SET done_at = now() + %s::interval"

    assert not retain_if_due(LANDED, session=session)
    assert done_ago_s(centre) < 60
    for moment, due in (("-59 minutes", False), ("-61 minutes", True), ("1 day", True)):
        centre.bridge.execute(last, moment)
        retain_if_due(LANDED, session=session)
        assert (done_ago_s(centre) >= 0 and done_ago_s(centre) < 60) == due


def test_what_operators_did_is_forgotten_after_two_years_whatever_is_set(centre):
    centre.bridge.execute(
        "INSERT INTO intake.operator_action (happened_at, person, kind, outcome)"
        " SELECT now() - make_interval(days => days), 'olga', 'fetch_again', days::text"
        " FROM unnest(ARRAY[729, 731]) AS days"
    )

    apply(centre, Retention())

    assert one(centre, "SELECT string_agg(outcome, ' ') FROM intake.operator_action") == "729"


def done_ago_s(centre) -> float:
    [row] = centre.bridge.rows(
        "SELECT extract(epoch FROM now() - done_at)::float8 AS ago_s FROM intake.task_done"
    )
    return row["ago_s"]


@pytest.mark.parametrize("policy", [CALLBACKS, BODIES])
def test_a_filed_callback_in_which_a_problem_was_found_later_keeps_its_document(old_centre, policy):
    """A later version may read it."""
    old_centre.bridge.execute(
        "UPDATE intake.callback SET problem = 'no number' WHERE callback_id = 1"
    )
    document = "SELECT document, filed_at FROM intake.callback WHERE callback_id = 1"
    before = old_centre.bridge.rows(document)
    assert before[0]["filed_at"] is not None

    apply(old_centre, policy)

    assert old_centre.bridge.rows(document) == before


@pytest.mark.parametrize("moment", ["arrived_at", "answered_at", "done_at"])
def test_an_errand_in_which_something_happens_while_its_bodies_are_removed_keeps_them(
    old_centre, moment
):
    """A drain that holds its report then writes that it was answered or closed today."""
    removed: list[object] = []
    thread = Thread(target=lambda: removed.append(apply(old_centre, BODIES)))
    with old_centre.bridge.context.transaction() as conn:
        conn.execute(
            "SELECT FROM intake.landed WHERE family = 'errand_reports' AND remote_id = %s"
            " FOR UPDATE",
            [WRITTEN],
        )
        thread.start()
        eventually(lambda: a_session_waits_for_a_row(old_centre))
        conn.execute(f"UPDATE cention.errand SET {moment} = now() WHERE errand_id = %s", [WRITTEN])
    thread.join(60)

    assert removed
    assert old_centre.bridge.rows(
        "SELECT errand_id FROM cention.errand WHERE body_html IS NOT NULL"
    ) == [{"errand_id": WRITTEN}]


def a_session_waits_for_a_row(centre):
    return one(
        centre,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%%FOR UPDATE%%'",
    )


def test_bodies_under_the_name_that_older_callbacks_use_are_removed(centre, document):
    old = data.callback_of(
        document("callback_answer_errand"), STRANGERS, answer=31, files=[], htmlBody="<b>old</b>"
    )
    [answered] = old["included"]
    del answered["attributes"]["answer"]["response"]["html_body"]
    centre.store_callback(old)
    centre.bridge.file()
    assert one(centre, "SELECT body_html FROM cention.answer WHERE answer_id = 31") == "<b>old</b>"
    age(centre, days=31)

    apply(centre, BODIES)

    assert not any("<b>old" in row for row in centre.texts()["intake.callback"])
