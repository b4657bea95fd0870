"""`cention erase`: one person is erased from every table; others stay."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from receiver.spool import Spool
from tests.integration.privacy import centre as data
from tests.integration.privacy.centre import ADDRESS, MENTIONED, STRANGERS, UNREADABLE, WRITTEN
from tests.support.eventually import eventually
from workers.config.settings import Retention
from workers.privacy.jobs import find_in_spool
from workers.privacy.jobs.retention import retain
from workers.privacy.rules.person_matcher import PersonMatcher
from workers.privacy.store import erased

REVIEWER = ("--reviewer", "2117249628")


@pytest.fixture
def erase(terminal):
    def run(*words, address=ADDRESS):
        return terminal.json("erase", "--address", address, "--yes", *words)

    return run


def a_process_waits_for(file):
    inode = f":{file.stat().st_ino} "
    locks = Path("/proc/locks").read_text().splitlines()
    return any("->" in line and inode in line for line in locks)


def rows_of_others(centre):
    """Return every row that belongs to other people only."""
    queries = {
        "errand": f"SELECT to_jsonb(t) AS r FROM cention.errand t WHERE errand_id = {STRANGERS}",
        "answer": f"SELECT to_jsonb(t) AS r FROM cention.answer t WHERE errand_id = {STRANGERS}",
        "action": "SELECT to_jsonb(t) AS r FROM cention.errand_action t"
        f" WHERE errand_id = {STRANGERS}",
        "landed": f"SELECT document AS r FROM intake.landed WHERE remote_id = {STRANGERS}",
        "callback": "SELECT document AS r FROM intake.callback WHERE document #>>"
        f" '{{data,relationships,errand,data,id}}' = '{STRANGERS}'",
        "rating": "SELECT to_jsonb(t) AS r FROM cention.facebook_rating t WHERE rating_id = 4",
        "file": "SELECT to_jsonb(t) AS r FROM cention.attachment t"
        f" WHERE attachment_id IN ({data.STRANGERS_FILE}, {data.SHARED_IMAGE})",
    }
    found = {name: centre.bridge.rows(query) for name, query in queries.items()}
    assert all(found.values())
    return found


def test_no_row_document_or_content_has_a_trace_of_the_person_left(centre, erase):
    assert {"cention.errand", "cention.answer", "intake.landed", "intake.callback", "blobs"} <= set(
        centre.traces()
    )

    erase(*REVIEWER)

    assert centre.traces() == {}


def test_rows_of_other_people_stay(centre, erase):
    before = rows_of_others(centre)

    erase(*REVIEWER)

    assert rows_of_others(centre) == before


def test_a_text_that_mentions_the_person_loses_only_the_address_and_the_name(centre, erase):
    erase()

    [errand] = centre.bridge.rows("SELECT * FROM cention.errand WHERE errand_id = %s", MENTIONED)
    assert errand["from_address"] == data.STRANGER
    assert errand["to_text"] == "[erased] ([erased])"
    assert errand["body_html"] == (
        "<p>Ask [erased]: [erased] or [erased] or [erased]. But not xm@example.org!</p>"
    )
    assert centre.bridge.rows(
        "SELECT address FROM cention.errand_recipient WHERE errand_id = %s AND kind = 'copy'"
        " ORDER BY position",
        MENTIONED,
    ) == [{"address": "[erased]"}, {"address": "third@example.org"}]
    [answer] = centre.bridge.rows("SELECT * FROM cention.answer WHERE errand_id = %s", MENTIONED)
    assert answer["body_text"] == "As [erased] <[erased]> says"


def test_numbers_and_times_of_the_persons_errands_stay(centre, erase):
    facts = (
        "SELECT errand_id, display_id, area_id, agent_id, arrived_at, answered_at, within_sla,"
        " handling_time_s, feedback_value, feedback_answer IS NULL AS silent,"
        " (SELECT count(*) FROM cention.errand_action), (SELECT count(*) FROM cention.answer),"
        " (SELECT sum(size_bytes) FROM cention.attachment), (SELECT count(*) FROM intake.callback)"
        " FROM cention.errand ORDER BY errand_id"
    )
    before = centre.bridge.rows(facts)

    erase(*REVIEWER)

    assert centre.bridge.rows(facts) == before


def test_a_longer_address_is_another_person(centre, erase):
    before = centre.texts()

    report = erase(address="neil+vip@example.org")

    assert report["erasure"]["tables"] == []
    assert centre.texts() == before


def test_a_dry_run_counts_the_same_and_changes_nothing(centre, terminal, erase):
    before = centre.texts()

    dry_run = terminal.json("erase", "--address", ADDRESS, *REVIEWER, "--dry-run")

    assert centre.texts() == before
    assert erase(*REVIEWER)["erasure"] == dry_run["erasure"]
    assert {one["table"] for one in dry_run["erasure"]["tables"]} >= {
        "cention.attachment",
        "cention.blob",
        "cention.errand",
        "cention.errand_action",
        "cention.errand_recipient",
        "cention.facebook_rating",
        "intake.callback",
        "intake.landed",
        "intake.wanted",
    }


def test_erasing_again_finds_nothing(centre, erase):
    erase(*REVIEWER)
    before = centre.texts()

    assert erase(*REVIEWER)["erasure"]["tables"] == []
    assert centre.texts() == before


def test_renormalise_restores_nothing_after_an_erasure(centre, erase, terminal):
    erase(*REVIEWER)

    report = terminal.json("renormalise")

    assert centre.traces() == {}
    assert not any(t["changed"] or t["removed"] for f in report["families"] for t in f["tables"])


def test_an_unfiled_callback_is_filed_redacted(centre, erase):
    erase()

    centre.bridge.file()

    assert {"answer_id": 5, "subject": None, "body_text": None} in centre.bridge.rows(
        "SELECT answer_id, subject, body_text FROM cention.answer"
    )


def test_an_erased_record_that_is_fetched_again_is_redacted_again(centre, erase):
    erase(*REVIEWER)
    centre.fetch(WRITTEN, UNREADABLE)
    centre.fetch_ratings(3)
    centre.bridge.file()
    centre.bridge.want(data.FILES, data.OWN_FILE)
    centre.fetch_files()
    assert set(centre.traces()) >= {"cention.errand", "intake.landed", "blobs"}

    retained = retain(Retention(), session=centre.bridge.context.session)

    assert retained.removed["erased"] > 0
    assert centre.traces() == {}
    with centre.bridge.context.session() as conn:
        assert erased.pending_errands(conn, after=("", -1), limit=9) == []
        assert erased.pending_ratings(conn, after=("", -1), limit=9) == []


def test_a_wanted_file_of_the_person_is_no_longer_wanted(centre, erase):
    centre.bridge.want(data.FILES, data.OWN_FILE, data.STRANGERS_FILE)

    erase()

    wanted = centre.bridge.wanted_ids(data.FILES)
    assert data.OWN_FILE not in wanted
    assert data.STRANGERS_FILE in wanted


def test_a_file_that_was_never_fetched_is_removed_and_not_missing(centre, erase):
    centre.bridge.file()

    erase()

    assert centre.bridge.rows(
        "SELECT state, fetched_at IS NOT NULL AS settled FROM cention.attachment"
        " WHERE attachment_id = 791"
    ) == [{"state": "removed", "settled": True}]
    assert 791 not in centre.bridge.wanted_ids(data.FILES)


def test_an_errand_is_redacted_when_its_report_arrives_later(centre, erase, document):
    late = 77
    sample = document("callback_answer_errand")
    to_person = data.sent_to(ADDRESS, data.NAME)
    centre.store_callback(
        data.callback_of(sample, late, answer=9, files=[], to=to_person, body="MARKER")
    )
    erase(*REVIEWER)
    centre.reports[late] = data.own_report(document("errand_report_33"), late)
    centre.bridge.file()
    centre.fetch(late)

    retain(Retention(), session=centre.bridge.context.session)

    assert centre.traces() == {}


def test_a_file_of_an_answer_to_another_person_stays(centre, erase, document):
    sample = document("callback_answer_errand")
    centre.store_callback(data.callback_of(sample, STRANGERS, answer=8, files=[data.OWN_FILE]))
    centre.bridge.file()

    erase()

    assert centre.bridge.rows(
        "SELECT state FROM cention.attachment WHERE attachment_id = %s", data.OWN_FILE
    ) == [{"state": "stored"}]
    assert "what MARKER wrote" in centre.texts()["blobs"]


def test_a_content_that_another_file_refers_to_stays(centre, erase):
    centre.bridge.execute(
        "UPDATE cention.attachment SET sha256 = (SELECT sha256 FROM cention.attachment"
        " WHERE attachment_id = %s) WHERE attachment_id = %s",
        data.OWN_FILE,
        data.STRANGERS_FILE,
    )

    erase()

    assert centre.bridge.rows(
        "SELECT state, sha256 FROM cention.attachment WHERE attachment_id = %s", data.OWN_FILE
    ) == [{"state": "removed", "sha256": None}]
    assert "what MARKER wrote" in centre.texts()["blobs"]


def test_an_address_without_an_at_sign_is_erased_only_where_it_is_the_whole_text(centre, erase):
    centre.bridge.execute(
        "UPDATE cention.errand SET from_address = 'anna', subject = 'anna and beth'"
        " WHERE errand_id = %s",
        STRANGERS,
    )
    centre.bridge.execute(
        "UPDATE cention.errand SET subject = 'anna and beth' WHERE errand_id = %s", MENTIONED
    )

    erase(address="Anna")

    assert centre.bridge.rows(
        "SELECT errand_id, subject FROM cention.errand WHERE errand_id = ANY (%s) ORDER BY 1",
        [MENTIONED, STRANGERS],
    ) == [
        {"errand_id": MENTIONED, "subject": "anna and beth"},
        {"errand_id": STRANGERS, "subject": None},
    ]


def test_the_person_is_erased_from_the_spool(centre, erase, document, spool):
    sample = document("callback_answer_errand")
    folder = spool
    own = data.spool(
        folder,
        data.callback_of(
            sample, WRITTEN, answer=6, files=[], to=[], body="MARKER", html_body="MARKER"
        ),
    )
    strangers = data.spool(
        folder,
        data.callback_of(sample, STRANGERS, answer=7, files=[], to=[], body="Hi"),
        "0000000000000002-b.json",
    )
    quarantined = data.spool(folder / "bad", {"data": {"odd": f"from {ADDRESS}"}})
    before = strangers.read_bytes()
    (folder / "lock").touch()

    report = erase()

    assert report["erasure"]["spooled"] == 2
    assert b"marker" not in own.read_bytes().lower() + quarantined.read_bytes().lower()
    assert json.loads(own.read_text())["document"]["data"]["id"] == "6"
    assert strangers.read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == [
        own.name,
        strangers.name,
        "bad",
        "lock",
    ]


def test_a_file_of_the_spool_that_is_not_a_callback_is_reported_and_not_changed(
    centre, terminal, spool
):
    (spool / "1-a.json").write_text(f'{{"broken {ADDRESS}')

    result = terminal.run("erase", "--address", ADDRESS, "--yes")

    assert result.exit_code == 1
    assert "1-a.json" in result.stderr
    assert (spool / "1-a.json").exists()


def test_a_callback_drained_during_an_erasure_is_not_written_back_to_the_spool(document, spool):
    callback = data.callback_of(document("callback_answer_errand"), WRITTEN, answer=6, files=[])
    path = data.spool(spool, callback)
    own, person = {("demo", WRITTEN)}, PersonMatcher(ADDRESS)

    with ThreadPoolExecutor(1) as thread, Spool(spool, max_bytes=1 << 20).exclusive() as is_alone:
        assert is_alone
        erasing = thread.submit(find_in_spool.erase, spool, person, own, dry_run=False)
        eventually(lambda: a_process_waits_for(spool / "lock"))
        path.unlink()

    assert erasing.result(10).files == 0
    assert not path.exists()


def test_a_script_must_confirm_an_erasure(centre, terminal):
    before = centre.texts()

    result = terminal.run("erase", "--address", ADDRESS)

    assert result.exit_code == 2
    assert "--yes" in result.stderr
    assert centre.texts() == before


def test_an_erasure_needs_an_address_or_a_reviewer(terminal):
    assert terminal.run("erase", "--yes").exit_code == 2


def test_the_output_names_what_stays_and_what_may_return(centre, terminal):
    output = terminal.run("erase", "--address", ADDRESS, "--yes").stdout

    assert "Cention keeps its own data" in output
    assert "VACUUM" in output
    assert "No spool on this machine" in output
