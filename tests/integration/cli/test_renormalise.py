"""`cention renormalise`: rows are rebuilt from stored documents, without requests to Cention."""

from __future__ import annotations

import json

import pytest

from workers.config.names import Family


@pytest.fixture
def fetched_errands(bridge, errands):
    """Three errands, fetched."""
    ids = errands(3)
    bridge.fetch(Family.ERRAND_REPORTS)
    return ids


def changes(report, family="errand_reports"):
    [one] = [one for one in report["families"] if one["family"] == family]
    return {t["table"]: (t["added"], t["changed"], t["removed"]) for t in one["tables"]}


def snapshot(bridge):
    tables = ("errand", "errand_action", "errand_tag", "errand_recipient", "area", "agent", "tag")
    return {
        table: sorted(bridge.rows(f"SELECT to_jsonb(t)::text FROM cention.{table} AS t"), key=str)
        for table in tables
    }


def test_nothing_changes_while_the_mapping_is_the_same(terminal, bridge, fetched_errands):
    before = snapshot(bridge)

    report = terminal.json("renormalise")

    assert report["families"][0]["documents"] == 3
    assert changes(report) == {}
    assert snapshot(bridge) == before


def test_rows_that_differ_from_their_documents_are_corrected_and_counted_by_table(
    terminal, bridge, fetched_errands
):
    before = snapshot(bridge)
    bridge.rows(
        "UPDATE cention.errand SET subject = 'corrupted' WHERE errand_id = %s", fetched_errands[0]
    )
    bridge.rows(
        "DELETE FROM cention.errand_action WHERE action_id = "
        "(SELECT min(action_id) FROM cention.errand_action)"
    )
    bridge.rows(
        "INSERT INTO cention.errand_tag SELECT workspace, errand_id, 999999, fetched_at"
        " FROM cention.errand"
    )

    report = terminal.json("renormalise", "errand_reports")

    assert changes(report)["cention.errand"] == (0, 1, 0)
    assert changes(report)["cention.errand_action"] == (1, 0, 0)
    assert changes(report)["cention.errand_tag"] == (0, 0, 3)
    assert snapshot(bridge) == before


def test_a_version_that_differs_from_the_document_of_its_fetch_is_corrected_and_counted(
    terminal, bridge, fetched_errands
):
    versions = "SELECT to_jsonb(v)::text FROM cention.errand_version AS v ORDER BY errand_id"
    before = bridge.rows(versions)
    bridge.rows("UPDATE cention.errand_version SET area_id = 999999")

    report = terminal.json("renormalise", "errand_reports")

    assert changes(report) == {"cention.errand_version": (0, 3, 0)}
    assert bridge.rows(versions) == before


def test_a_dry_run_prints_the_same_and_changes_nothing(terminal, bridge, fetched_errands):
    bridge.rows("UPDATE cention.errand SET subject = 'corrupted', body_html = NULL")
    corrupted = snapshot(bridge)

    report = terminal.json("renormalise", "--dry-run")

    assert report["dry_run"]
    assert changes(report) == {"cention.errand": (0, 3, 0)}
    assert snapshot(bridge) == corrupted


def test_a_shared_name_counts_once(terminal, bridge, errands, monkeypatch):
    monkeypatch.setattr("workers.sync.jobs.renormalise.BATCH", 1)
    errands(5)
    bridge.fetch(Family.ERRAND_REPORTS)
    areas = bridge.one("SELECT count(*) FROM cention.area")
    bridge.rows(
        "UPDATE cention.area SET name = 'corrupted', fetched_at = fetched_at - interval '1h'"
    )

    assert changes(terminal.json("renormalise", "--dry-run"))["cention.area"] == (0, areas, 0)
    assert changes(terminal.json("renormalise"))["cention.area"] == (0, areas, 0)


def test_rows_keep_the_time_at_which_their_document_was_fetched(terminal, bridge, fetched_errands):
    before = bridge.rows("SELECT errand_id, fetched_at FROM cention.errand ORDER BY 1")
    bridge.rows("UPDATE cention.errand SET subject = 'corrupted'")

    terminal.run("renormalise")

    assert bridge.rows("SELECT errand_id, fetched_at FROM cention.errand ORDER BY 1") == before


def test_a_document_that_can_be_read_now_loses_its_problem_and_becomes_rows(
    terminal, bridge, fetched_errands
):
    bridge.rows("UPDATE intake.landed SET problem = '/data: odd', understood_at = NULL")
    bridge.rows("DELETE FROM cention.errand")

    report = terminal.json("renormalise", "errand_reports")

    assert report["families"][0]["readable_now"] == 3
    assert changes(report)["cention.errand"] == (3, 0, 0)
    assert bridge.one("SELECT count(*) FROM intake.landed WHERE problem IS NULL") == 3
    assert bridge.one("SELECT count(*) FROM intake.landed WHERE understood_at IS NULL") == 0


def test_a_document_that_can_no_longer_be_read_gets_a_problem_and_its_rows_stay(
    terminal, bridge, fetched_errands
):
    bridge.rows(
        "UPDATE intake.landed SET document = '{\"data\": 7}' WHERE remote_id = %s",
        fetched_errands[1],
    )

    report = terminal.json("renormalise", "errand_reports")

    assert report["families"][0]["unreadable_now"] == 1
    assert changes(report) == {}
    [unreadable] = terminal.json("unreadable")
    assert unreadable["remote_id"] == fetched_errands[1]
    assert unreadable["problem"].startswith("/data")
    assert bridge.one("SELECT count(*) FROM cention.errand") == 3


def test_a_document_that_fails_its_batch_does_not_affect_others(terminal, bridge, fetched_errands):
    bridge.rows("UPDATE cention.errand SET subject = 'corrupted'")
    bridge.rows(
        "ALTER TABLE cention.errand ADD CONSTRAINT odd"
        f" CHECK (errand_id <> {fetched_errands[1]}) NOT VALID"
    )

    report = terminal.json("renormalise", "errand_reports")

    assert changes(report) == {"cention.errand": (0, 2, 0)}
    assert bridge.one(
        "SELECT problem FROM intake.landed WHERE remote_id = %s", fetched_errands[1]
    ) == ("cannot be stored: CheckViolation 23514")


def test_a_conflict_in_the_database_is_not_the_fault_of_a_document(
    terminal, bridge, fetched_errands
):
    bridge.rows("UPDATE cention.errand SET subject = 'corrupted'")
    bridge.rows(
        "CREATE FUNCTION reject() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END$$"
    )
    bridge.rows(
        "CREATE TRIGGER reject BEFORE UPDATE ON cention.errand FOR EACH ROW"
        f" WHEN (NEW.errand_id = {fetched_errands[1]}) EXECUTE FUNCTION reject()"
    )

    assert terminal.run("renormalise", "errand_reports").exit_code == 1

    assert bridge.one("SELECT count(*) FROM intake.landed WHERE problem IS NULL") == 3
    assert bridge.one("SELECT count(*) FROM cention.errand WHERE subject = 'corrupted'") == 3


def test_an_errand_that_is_gone_is_rebuilt_and_stays_gone(terminal, bridge, fetched_errands):
    bridge.rows(
        "UPDATE cention.errand SET subject = 'corrupted', gone_at = now(), fetched_at = now()"
    )
    gone = "SELECT errand_id, gone_at, fetched_at FROM cention.errand ORDER BY 1"
    before = bridge.rows(gone)

    terminal.run("renormalise")

    assert bridge.one("SELECT count(*) FROM cention.errand WHERE subject = 'corrupted'") == 0
    assert bridge.rows(gone) == before


def test_a_report_newer_than_what_is_stored_is_never_undone_by_an_older_one(
    terminal, bridge, fetched_errands
):
    bridge.rows("UPDATE cention.errand SET subject = 'newer', fetched_at = now() + interval '1h'")

    terminal.run("renormalise")

    assert bridge.one("SELECT count(*) FROM cention.errand WHERE subject = 'newer'") == 3


def test_nothing_is_requested_from_cention(terminal, bridge, cention, fetched_errands):
    requests = cention.control("stats")["requests"]

    terminal.run("renormalise")

    assert cention.control("stats")["requests"] == requests


def test_ratings_are_rebuilt(terminal, bridge, cention):
    cention.new_rating()
    bridge.fetch(Family.FACEBOOK_RATINGS)
    bridge.rows("UPDATE cention.facebook_rating SET message = 'corrupted'")

    report = terminal.json("renormalise", "facebook_ratings")

    assert changes(report, "facebook_ratings") == {"cention.facebook_rating": (0, 1, 0)}


@pytest.fixture
def attachment(terminal, bridge, cention):
    """An attachment, fetched; returns its id."""
    made = cention.control("attachments", {"bytes": 5_000})["id"]
    terminal.run("want", "response_attachments", made)
    bridge.fetch(Family.RESPONSE_ATTACHMENTS)
    return made


def test_only_the_description_of_an_attachment_is_rebuilt(terminal, bridge, attachment):
    before = bridge.rows("SELECT * FROM cention.attachment")
    bridge.rows("UPDATE cention.attachment SET name = 'corrupted', content_type = NULL")

    report = terminal.json("renormalise", "response_attachments")

    assert changes(report, "response_attachments") == {"cention.attachment": (0, 1, 0)}
    assert bridge.rows("SELECT * FROM cention.attachment") == before
    assert bridge.rows("SELECT * FROM intake.wanted") == []


def test_an_attachment_whose_document_can_only_be_read_now_is_fetched_again(
    terminal, bridge, attachment
):
    """Its content was discarded while the document could not be read."""
    bridge.rows("UPDATE intake.landed SET problem = '/data: odd'")

    terminal.run("renormalise", "response_attachments")

    assert bridge.one("SELECT remote_id FROM intake.wanted") == attachment


@pytest.fixture
def filed_callback(bridge, document):
    """The vendor's sample callback, filed."""
    sample = document("callback_answer_errand")
    bridge.store_callback(sample)
    bridge.file()
    return sample


def test_callbacks_are_filed_again_and_fetch_nothing(terminal, bridge, filed_callback):
    bridge.rows("UPDATE cention.answer SET subject = 'corrupted'")
    bridge.rows("DELETE FROM cention.answer_recipient")
    bridge.rows("DELETE FROM intake.wanted")

    found = changes(terminal.json("renormalise", "callbacks"), "callbacks")

    assert found["cention.answer"] == (0, 1, 0)
    assert found["cention.answer_recipient"][0] > 0
    assert bridge.rows("SELECT * FROM intake.wanted") == []


def test_a_callback_that_can_only_be_read_now_is_filed_as_if_received_today(
    terminal, bridge, document
):
    bridge.store_callback(document("callback_answer_errand"), problem="/data: odd")

    report = terminal.json("renormalise", "callbacks")

    assert report["families"][0]["readable_now"] == 1
    assert bridge.one("SELECT count(*) FROM cention.answer") == 1
    assert bridge.one("SELECT count(*) FROM intake.wanted") == report["families"][0]["wanted"] > 0
    [line] = terminal.json("callbacks")
    assert line["problem"] is None
    assert line["filed_at"]


def test_a_callback_that_names_no_errand_keeps_its_problem(terminal, bridge, document):
    callback = document("callback_answer_errand")
    del callback["data"]["relationships"]
    callback["included"] = [one for one in callback["included"] if "errand" not in one["type"]]
    bridge.store_callback(callback)
    bridge.file()

    report = terminal.json("renormalise", "callbacks")

    assert (report["families"][0]["readable_now"], report["families"][0]["wanted"]) == (0, 0)
    [line] = terminal.json("callbacks")
    assert line["problem"].startswith("/data/relationships/errand: ")


def test_output_to_a_pipe_is_plain_and_json_is_alone_on_its_stream(
    terminal, bridge, fetched_errands
):
    bridge.rows("UPDATE cention.errand SET subject = 'corrupted'")

    result = terminal.run("renormalise", "--dry-run")

    assert "demo errand_reports: 3 documents read." in result.stdout
    assert ["cention.errand", "0", "3", "0"] in [
        line.split() for line in result.stdout.splitlines()
    ]
    assert json.loads(terminal.run("renormalise", "--json").stdout)
