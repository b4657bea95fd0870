"""Errands sent in a person's name are exported and erased with the rest."""

from __future__ import annotations

import hashlib
import json
from uuid import uuid4

import pytest

from tests.integration.privacy import centre as data
from tests.integration.privacy.centre import ADDRESS, NAME, STRANGER, STRANGERS, WRITTEN
from workers.outbound.store import sent_errands
from workers.outbound.store.sent_errands import Intent


@pytest.fixture
def record_sent_errand(centre):
    """Record an errand as sent in a person's name."""

    def record(address, *, message_id, name="", errand_id=None, subject="hello"):
        run = uuid4()
        with centre.bridge.context.transaction() as conn:
            intent = Intent(
                message_sha256=hashlib.sha256(message_id.encode()).digest(),
                content_sha256=bytes(32),
                message_id=message_id,
                answered=False,
                origin="MARKER.mbox, message 1" if address == ADDRESS else "list.jsonl, line 1",
                from_address=address,
                from_name=name,
                subject=subject,
                attachment_count=0,
                attachment_bytes=0,
            )
            sent_id = sent_errands.begin(conn, "demo", intent, sent_by=run)
            assert sent_id is not None
            sent_errands.settle(
                conn, "demo", sent_id, sent_by=run, state="created" if errand_id else "unknown",
                errand_id=errand_id,
            )  # fmt: skip
        return sent_id

    return record


@pytest.fixture
def erase(terminal):
    return lambda: terminal.json("erase", "--address", ADDRESS, "--reviewer", "2117249628", "--yes")


def test_sent_errands_of_the_person_are_redacted_whatever_their_outcome(
    centre, record_sent_errand, erase
):
    record_sent_errand(
        ADDRESS, message_id="MARKER-1", name=NAME, errand_id=WRITTEN, subject="MARKER needs help"
    )
    record_sent_errand(ADDRESS.upper(), message_id="MARKER-2", subject="MARKER needs help")
    record_sent_errand(STRANGER, message_id="m-3", errand_id=STRANGERS, subject=f"About {ADDRESS}")
    assert len(centre.traces()["cention.sent_errand"]) == 3

    erased = erase()

    assert centre.traces() == {}
    counts = {one["table"]: one for one in erased["erasure"]["tables"]}
    assert counts["cention.sent_errand"]["blanked"] == 3


def test_sent_errands_that_became_erased_errands_are_redacted_whatever_their_address(
    centre, record_sent_errand, erase
):
    record_sent_errand("marker.other@example.org", message_id="m", errand_id=WRITTEN)

    erase()

    assert centre.traces() == {}


def test_an_errand_of_the_person_that_was_never_fetched_is_recorded_as_erased(
    centre, record_sent_errand, erase
):
    record_sent_errand(ADDRESS, message_id="m", errand_id=4711)

    erase()

    erased_ids = centre.bridge.rows("SELECT remote_id FROM intake.erased")
    assert {"remote_id": 4711} in erased_ids


def test_sent_errands_of_other_people_stay(centre, record_sent_errand, erase):
    record_sent_errand(STRANGER, message_id="m-3", name="Other", errand_id=STRANGERS)
    before = centre.bridge.rows("SELECT * FROM cention.sent_errand")

    erase()

    assert centre.bridge.rows("SELECT * FROM cention.sent_errand") == before


def test_an_erased_message_is_still_not_sent_twice(centre, record_sent_errand, erase):
    record_sent_errand(ADDRESS, message_id="MARKER-1", errand_id=WRITTEN)

    erase()

    with centre.bridge.context.transaction() as conn:
        known = sent_errands.find(conn, "demo", hashlib.sha256(b"MARKER-1").digest())
    assert known is not None
    assert (known.state, known.content_sha256) == ("created", None)


def test_a_called_number_is_erased_as_an_address_of_its_channel(centre, terminal):
    centre.bridge.execute(
        "INSERT INTO cention.sent_call_end (workspace, state, integration_name, device_id,"
        " extension_id, dialed_number, sent_by)"
        " VALUES ('demo', 'done', 'aventa', 1, 2, '01211112222', gen_random_uuid())"
    )

    terminal.json("erase", "--address", "01211112222", "--yes")

    [row] = centre.bridge.rows("SELECT dialed_number FROM cention.sent_call_end")
    assert row == {"dialed_number": "[erased]"}


def test_an_export_of_the_person_has_the_sent_errands(centre, record_sent_errand, terminal):
    record_sent_errand(ADDRESS, message_id="m-1", errand_id=WRITTEN)
    record_sent_errand(ADDRESS, message_id="m-2")
    record_sent_errand(STRANGER, message_id="m-3", errand_id=data.STRANGERS)
    centre.bridge.execute(
        "INSERT INTO cention.sent_closing (workspace, state, errand_id, sent_by)"
        " VALUES ('demo', 'done', %s, gen_random_uuid())",
        WRITTEN,
    )

    exported = terminal.run("export-person", "--address", ADDRESS)

    tables = json.loads(exported.stdout)["tables"]
    assert {row["message_id"] for row in tables["cention.sent_errand"]} == {"m-1", "m-2"}
    assert [row["errand_id"] for row in tables["cention.sent_closing"]] == [WRITTEN]
