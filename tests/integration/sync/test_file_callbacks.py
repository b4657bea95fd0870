"""Answers in a callback become rows, and records that it only names become wanted."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier
from typing import Any

import pytest
from psycopg.errors import DeadlockDetected, OperationalError

from tests.integration.bridge import REPORTS, Bridge, answering, answering_with_file
from workers.config.names import Family
from workers.sync.jobs import file_callbacks
from workers.sync.store import callbacks
from workers.sync.store.callbacks import NewCallback

FILES, IMAGES = Family.RESPONSE_ATTACHMENTS, Family.AREA_ARCHIVES
RECEIVED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def bridge(offline_bridge) -> Bridge:
    return offline_bridge


def insert_callbacks(bridge: Bridge, *documents: dict[str, Any]) -> None:
    """Insert callbacks as the receiver does."""
    new = [
        NewCallback(
            workspace="demo",
            received_at=RECEIVED_AT,
            event=document["data"].get("attributes", {}).get("event"),
            remote_id=None,
            body_sha256=hashlib.sha256(json.dumps(document).encode()).digest(),
            document=document,
            problem=None,
        )
        for document in documents
    ]
    with bridge.context.transaction() as conn:
        callbacks.insert(conn, new)


def states(bridge: Bridge) -> list[tuple[bool, str | None]]:
    found = bridge.rows("SELECT filed_at, problem FROM intake.callback ORDER BY callback_id")
    return [(row["filed_at"] is not None, row["problem"]) for row in found]


def errand_of(document: dict[str, Any]) -> dict[str, Any]:
    [errand] = [one for one in document["included"] if one["type"] == "c3_answer_errands"]
    return errand


def break_filing_of(bridge: Bridge, subject: str) -> None:
    """Make Postgres reject an answer, as it rejects a value that it cannot store."""
    bridge.execute(f"ALTER TABLE cention.answer ADD CONSTRAINT no CHECK (subject <> '{subject}')")


def test_an_answer_ends_in_its_columns(bridge, document):
    callback = document("callback_answer_errand")
    insert_callbacks(bridge, callback)

    filed = bridge.file()

    html = errand_of(callback)["attributes"]["answer"]["response"]["html_body"]
    [row] = bridge.rows("SELECT * FROM cention.answer")
    assert row == {
        "workspace": "demo",
        "errand_id": 2256,
        "answer_id": 1189,
        "response_id": 3304,
        "subject": "Creating test errand via API",
        "body_text": "text",
        "body_html": html,
        "service_id": 16,
        "service_name": "Form",
        "service_type": 19,
        "received_at": RECEIVED_AT,
        "remote_id": 76,
        "callback_id": 1,
    }
    assert bridge.rows(
        "SELECT response_id, recipient_id, address, name FROM cention.answer_recipient"
    ) == [
        {
            "response_id": 3304,
            "recipient_id": 279,
            "address": "david.liew@test.se",
            "name": "David Liew",
        }
    ]
    assert (filed.callbacks, filed.more) == (1, False)
    assert states(bridge) == [(True, None)]


def test_records_that_a_callback_names_are_wanted_and_so_is_the_report_of_its_errand(
    bridge, document
):
    insert_callbacks(bridge, document("callback_answer_errand"))

    filed = bridge.file()

    assert bridge.wanted_ids(FILES) == [788, 789, 790]
    assert bridge.wanted_ids(IMAGES) == [12]
    assert bridge.wanted_ids(REPORTS) == [2256]
    assert filed.families == {FILES, IMAGES, REPORTS}
    linked = bridge.rows("SELECT answer_id, kind, attachment_id FROM cention.answer_attachment")
    shown = bridge.rows("SELECT kind, attachment_id, state FROM cention.attachment")
    assert len(linked) == len(shown) == 4
    assert {row["state"] for row in shown} == {"wanted"}


def test_an_attachment_that_is_only_named_is_wanted(bridge, document):
    callback = document("callback_answer_errand")
    callback["included"] = [errand_of(callback)]
    insert_callbacks(bridge, callback)

    bridge.file()

    assert bridge.wanted_ids(FILES) == [788, 789, 790]


def test_an_attachment_that_is_only_included_is_wanted(bridge, document):
    callback = document("callback_answer_errand")
    del errand_of(callback)["relationships"]
    insert_callbacks(bridge, callback)

    bridge.file()

    assert bridge.wanted_ids(FILES) == [788, 789, 790]
    assert bridge.wanted_ids(IMAGES) == [12]


def test_the_report_of_an_errand_that_is_not_included_is_wanted_as_well(bridge, document):
    callback = document("callback_answer_errand")
    callback["included"] = []
    insert_callbacks(bridge, callback)

    bridge.file()

    assert bridge.wanted_ids() == [2256]
    assert bridge.rows("SELECT answer_id FROM cention.answer") == []
    assert states(bridge) == [(True, None)]


@pytest.mark.parametrize(
    "change",
    [
        {"attributes": {"event": 99}},
        {"type": "c3_callback_close_errands"},
        {"type": "c3_odd", "attributes": {}, "relationships": {}},
    ],
)
def test_a_callback_of_an_unknown_event_or_type_is_filed_and_stays_in_the_inbox(
    bridge, document, change
):
    callback = document("callback_answer_errand")
    callback["data"].update(change)
    insert_callbacks(bridge, callback)

    bridge.file()

    assert states(bridge) == [(True, None)]
    assert bridge.wanted_ids(FILES) == [788, 789, 790]
    assert bridge.rows("SELECT document FROM intake.callback") == [{"document": callback}]


def test_an_unreadable_callback_keeps_its_problem_and_affects_no_other(bridge, document):
    unreadable = document("callback_answer_errand")
    errand_of(unreadable)["attributes"]["answer"]["response"]["c3_id"] = "none"
    insert_callbacks(bridge, unreadable, document("callback_answer_errand"))

    bridge.file()

    (first, problem), second = states(bridge)
    assert (first, second) == (False, (True, None))
    assert problem is not None
    assert problem.startswith("/included/")
    assert bridge.file().callbacks == 0


@pytest.mark.parametrize("errands", [0, 2])
def test_an_answer_without_exactly_one_errand_is_a_problem_and_its_files_are_wanted(
    bridge, document, errands
):
    callback = document("callback_answer_errand")
    del callback["data"]["relationships"]
    [errand] = [one for one in callback["included"] if one["type"] == "c3_answer_errands"]
    callback["included"] = [errand | {"id": str(number)} for number in range(1, errands + 1)]
    callback["included"].append({"type": "c3_area_archives", "id": "12"})
    insert_callbacks(bridge, callback)

    bridge.file()

    [(filed, problem)] = states(bridge)
    assert filed is False
    assert problem.startswith("/data/relationships/errand: ")
    assert bridge.wanted_ids(REPORTS) == []
    assert 12 in bridge.wanted_ids(IMAGES)
    assert bool(bridge.wanted_ids(FILES)) is bool(errands)


def test_a_callback_that_postgres_rejects_keeps_its_problem_and_affects_no_other(bridge, document):
    before, rejected, after = (document("callback_answer_errand") for _ in range(3))
    for number, callback in enumerate((before, rejected, after)):
        errand_of(callback)["attributes"]["answer"]["c3_id"] = number + 1
    errand_of(rejected)["attributes"]["answer"]["response"]["subject"] = "rejected"
    break_filing_of(bridge, "rejected")
    insert_callbacks(bridge, before, rejected, after)

    filed = bridge.file()

    assert states(bridge) == [
        (True, None),
        (False, "cannot be stored: CheckViolation 23514"),
        (True, None),
    ]
    assert [
        row["answer_id"] for row in bridge.rows("SELECT answer_id FROM cention.answer ORDER BY 1")
    ] == [1, 3]
    assert filed.callbacks == 3
    assert filed.families == {FILES, IMAGES, REPORTS}


def test_an_internal_error_in_one_callback_affects_no_other(bridge, document, monkeypatch):
    rejected = document("callback_answer_errand")
    rejected["data"]["id"] = "66"
    insert_callbacks(bridge, rejected, document("callback_answer_errand"))
    read = file_callbacks.read_callback

    def read_or_fail(callback):
        if callback["data"]["id"] == "66":
            raise ZeroDivisionError
        return read(callback)

    monkeypatch.setattr(file_callbacks, "read_callback", read_or_fail)
    bridge.file()

    assert states(bridge) == [(False, "cannot be stored: ZeroDivisionError"), (True, None)]


def test_a_database_outage_is_not_the_fault_of_a_callback(bridge, document, monkeypatch):
    insert_callbacks(bridge, document("callback_answer_errand"))

    def lose_the_database(conn, *_args):
        conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patched:
        patched.setattr(file_callbacks.answers, "save", lose_the_database)
        with pytest.raises(OperationalError):
            bridge.file()
    still_waiting = states(bridge)
    bridge.file()

    assert still_waiting == [(False, None)]
    assert states(bridge) == [(True, None)]


def test_a_conflict_beside_a_callback_that_postgres_rejects_is_the_fault_of_neither(
    bridge, document
):
    """The batch fails, and each is filed alone."""
    rejected, waiting = (document("callback_answer_errand") for _ in range(2))
    for number, callback in enumerate((rejected, waiting)):
        errand_of(callback)["attributes"]["answer"]["c3_id"] = number + 1
    errand_of(rejected)["attributes"]["answer"]["response"]["subject"] = "rejected"
    break_filing_of(bridge, "rejected")
    bridge.execute(
        "CREATE FUNCTION reject() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN RAISE EXCEPTION USING ERRCODE = 'deadlock_detected'; END$$"
    )
    bridge.execute(
        "CREATE TRIGGER reject BEFORE INSERT ON cention.answer FOR EACH ROW"
        " WHEN (NEW.answer_id = 2) EXECUTE FUNCTION reject()"
    )
    insert_callbacks(bridge, rejected, waiting)

    with pytest.raises(DeadlockDetected):
        bridge.file()

    assert states(bridge)[1] == (False, None)
    bridge.execute("DROP TRIGGER reject ON cention.answer")
    bridge.file()
    assert states(bridge) == [(False, "cannot be stored: CheckViolation 23514"), (True, None)]


def test_two_filers_at_once_never_file_a_callback_twice(bridge, document):
    many = [document("callback_answer_errand") for _ in range(150)]
    for number, callback in enumerate(many):
        callback["data"]["id"] = str(number + 1)
    insert_callbacks(bridge, *many)
    start = Barrier(3)

    def file_all(_):
        start.wait(10)
        count = 0
        while (filed := bridge.file()).callbacks:
            count += filed.callbacks
        return count

    with ThreadPoolExecutor(3) as executor:
        counts = list(executor.map(file_all, range(3)))

    assert sum(counts) == 150
    assert set(states(bridge)) == {(True, None)}
    assert [row["remote_id"] for row in bridge.rows("SELECT remote_id FROM cention.answer")] == [
        150
    ]


def test_a_full_batch_reports_that_there_may_be_more(bridge, document):
    many = [document("callback_answer_errand") for _ in range(file_callbacks.BATCH + 1)]
    for number, callback in enumerate(many):
        callback["data"]["id"] = str(number + 1)
    insert_callbacks(bridge, *many)

    assert bridge.file().more
    assert not bridge.file().more


def test_of_more_callbacks_than_a_batch_the_oldest_are_filed_first(bridge, document, monkeypatch):
    monkeypatch.setattr(file_callbacks, "BATCH", 2)
    many = [document("callback_answer_errand") for _ in range(5)]
    for number, callback in enumerate(many):
        callback["data"]["id"] = str(number + 1)
    insert_callbacks(bridge, *many)

    for filed in (2, 4, 5):
        bridge.file()
        assert [is_filed for is_filed, _ in states(bridge)] == [n < filed for n in range(5)]


def test_a_stored_attachment_that_a_callback_names_is_fetched_again_without_harm(bridge, document):
    callback = document("callback_answer_errand")
    insert_callbacks(bridge, callback)
    bridge.file()
    bridge.drain(FILES, fetch=lambda id_: answering_with_file(b"content", id_=id_)(id_))
    again = document("callback_answer_errand")
    again["data"]["id"] = "77"
    insert_callbacks(bridge, again)

    bridge.file()

    states_ = bridge.rows("SELECT DISTINCT state FROM cention.attachment WHERE kind = 'response'")
    assert states_ == [{"state": "stored"}]
    assert bridge.wanted_ids(FILES) == [788, 789, 790]
    bridge.drain(FILES, fetch=lambda id_: answering_with_file(b"content", id_=id_)(id_))
    assert bridge.wanted_ids(FILES) == []
    assert len(bridge.rows("SELECT sha256 FROM cention.blob")) == 1


def test_a_callback_that_is_replayed_is_filed_again_to_the_same_rows(bridge, document):
    insert_callbacks(bridge, document("callback_answer_errand"))
    bridge.file()
    before = bridge.rows("SELECT * FROM cention.answer")

    with bridge.context.transaction() as conn:
        workspaces = callbacks.replay(conn, [1, 999])
    bridge.file()

    assert workspaces == {1: "demo"}
    assert bridge.rows("SELECT * FROM cention.answer") == before
    assert states(bridge) == [(True, None)]


def test_the_report_of_an_answered_errand_follows(bridge, document):
    insert_callbacks(bridge, document("callback_answer_errand"))
    bridge.file()

    bridge.drain(REPORTS, fetch=answering(document("errand_report_2256")))

    assert bridge.rows(
        "SELECT e.display_id, a.subject FROM cention.errand AS e"
        " JOIN cention.answer AS a USING (workspace, errand_id)"
    ) == [{"display_id": "2256-1", "subject": "Creating test errand via API"}]


@pytest.mark.parametrize("ahead", [timedelta(minutes=3), timedelta(minutes=-4)])
def test_a_callback_is_received_by_the_clock_of_the_database_though_that_of_the_receiver_is_wrong(
    bridge, document, monkeypatch, ahead
):
    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + ahead

    monkeypatch.setattr(callbacks, "datetime", Wrong)

    insert_callbacks(bridge, document("callback_answer_errand"))

    [row] = bridge.rows("SELECT received_at FROM intake.callback")
    assert abs(row["received_at"] - (RECEIVED_AT - ahead)) < timedelta(minutes=1)


def test_no_callback_is_received_later_than_now_whatever_clock_its_spool_was_written_by(
    bridge, document, monkeypatch
):
    """Python cannot even read this one from Postgres, where it is in the year 10000."""
    last = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))
    monkeypatch.setattr(f"{__name__}.RECEIVED_AT", last)

    insert_callbacks(bridge, document("callback_answer_errand"))
    bridge.file()

    [row] = bridge.rows("SELECT received_at <= clock_timestamp() AS is_over FROM cention.answer")
    assert row["is_over"]
