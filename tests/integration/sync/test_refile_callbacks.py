"""Filing callbacks again: one that cannot be stored affects no other, a conflict affects none."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from psycopg.errors import DeadlockDetected

from tests.integration.bridge import Bridge
from workers.sync.jobs.rebuild_report import RebuildReport
from workers.sync.jobs.refile_callbacks import refile

FILED, CORRUPTED = "Creating test errand via API", "corrupted"


@pytest.fixture
def bridge(offline_bridge, document) -> Bridge:
    """Three callbacks that were filed; something has changed their answers since."""
    for number in range(1, 4):
        callback = document("callback_answer_errand")
        callback["data"]["id"] = str(number)
        [errand] = [one for one in callback["included"] if one["type"] == "c3_answer_errands"]
        errand["attributes"]["answer"]["c3_id"] = number
        errand["attributes"]["answer"]["response"]["c3_id"] = number
        offline_bridge.execute(
            "INSERT INTO intake.callback (workspace, received_at, body_sha256, document)"
            " VALUES ('demo', now(), %s, %s)",
            *(bytes([number]) * 32, json.dumps(callback)),
        )
    offline_bridge.file()
    offline_bridge.execute("UPDATE cention.answer SET subject = %s", CORRUPTED)
    return offline_bridge


def refile_all(bridge: Bridge, progress: Callable[[int], object] = lambda _: None) -> RebuildReport:
    with bridge.context.session() as conn:
        return refile("demo", conn, dry_run=False, progress=progress)


def reject_answer_2(bridge: Bridge, sqlstate: str) -> None:
    """Make Postgres reject one answer with an error."""
    bridge.execute(
        "CREATE FUNCTION reject() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END$$"
    )
    bridge.execute(
        "CREATE TRIGGER reject BEFORE INSERT OR UPDATE ON cention.answer FOR EACH ROW"
        " WHEN (NEW.answer_id = 2) EXECUTE FUNCTION reject()"
    )


def subjects(bridge: Bridge) -> list[str]:
    found = bridge.rows("SELECT subject FROM cention.answer ORDER BY answer_id")
    return [row["subject"] for row in found]


def problems(bridge: Bridge) -> list[str | None]:
    found = bridge.rows("SELECT problem FROM intake.callback ORDER BY callback_id")
    return [row["problem"] for row in found]


def test_a_callback_that_postgres_rejects_gets_a_problem_and_affects_no_other(bridge):
    reject_answer_2(bridge, "check_violation")

    report = refile_all(bridge)

    assert subjects(bridge) == [FILED, CORRUPTED, FILED]
    assert problems(bridge) == [None, "cannot be stored: CheckViolation 23514", None]
    assert (report.documents, report.unreadable_now) == (3, 1)


def test_a_conflict_in_the_database_is_not_the_fault_of_a_callback(bridge):
    reject_answer_2(bridge, "deadlock_detected")

    with pytest.raises(DeadlockDetected):
        refile_all(bridge)

    assert subjects(bridge) == [CORRUPTED] * 3
    assert problems(bridge) == [None] * 3


def test_a_callback_that_can_be_stored_again_loses_its_problem(bridge):
    bridge.execute("UPDATE intake.callback SET problem = 'cannot be stored: X', filed_at = NULL")

    report = refile_all(bridge)

    assert subjects(bridge) == [FILED] * 3
    assert problems(bridge) == [None] * 3
    assert (report.documents, report.readable_now) == (3, 3)


def test_batches_go_on_where_the_last_one_ended(bridge, monkeypatch):
    monkeypatch.setattr("workers.sync.jobs.refile_callbacks.BATCH", 2)
    batches: list[int] = []

    refile_all(bridge, batches.append)

    assert batches == [2, 1]
    assert subjects(bridge) == [FILED] * 3


def test_a_callback_that_waits_to_be_filed_is_left_to_be_filed(bridge):
    bridge.execute("UPDATE intake.callback SET filed_at = NULL WHERE callback_id = 2")

    report = refile_all(bridge)

    assert report.documents == 2
    assert subjects(bridge) == [FILED, CORRUPTED, FILED]
