"""The sweep finds all work that is due now, and nothing else."""

from __future__ import annotations

import pytest

from tests.integration.bridge import RATINGS, REPORTS, Bridge
from workers.config.names import Family
from workers.operations.jobs.sweep import PendingWork, find_work
from workers.sync.store import wanted

KNOWN = tuple(("demo", family) for family in Family)
IDLE = PendingWork(unfiled=(), due=())


@pytest.fixture
def bridge(offline_bridge) -> Bridge:
    return offline_bridge


def work(bridge: Bridge) -> PendingWork:
    return find_work(bridge.context.transaction, KNOWN)


def claim(bridge: Bridge) -> None:
    with bridge.context.transaction() as conn:
        wanted.claim(conn, "demo", RATINGS, slot=0, limit=10, lease_s=600)


def test_without_waiting_records_there_is_no_work(bridge):
    assert work(bridge) == IDLE


def test_due_records_are_found(bridge):
    bridge.want(RATINGS, 1, 2)
    bridge.want(REPORTS, 3)

    assert sorted(work(bridge).due) == [("demo", REPORTS), ("demo", RATINGS)]


def test_records_that_are_not_due_are_no_work(bridge):
    bridge.want(RATINGS, 1)
    bridge.execute("UPDATE intake.wanted SET due_at = now() + interval '1 s'")

    assert work(bridge) == IDLE


def test_expired_claims_are_work_as_their_holder_may_have_died(bridge):
    bridge.want(RATINGS, 1)
    claim(bridge)

    assert work(bridge).due == (("demo", RATINGS),)


def test_parked_records_are_no_work(bridge):
    bridge.want(RATINGS, 1)
    bridge.execute("UPDATE intake.wanted SET parked_at = now()")

    assert work(bridge) == IDLE


def test_a_paused_family_is_no_work_until_its_pause_is_over(bridge):
    bridge.want(RATINGS, 1)
    bridge.execute(
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " VALUES ('demo', 'facebook_ratings', now() + interval '20 s', 'no')"
    )
    while_it_lasts = work(bridge)
    bridge.end_pauses()

    assert while_it_lasts == IDLE
    assert work(bridge).due == (("demo", RATINGS),)


def test_families_that_no_worker_can_fetch_are_no_work(bridge):
    """A claim without a token has no family: its records wait, and a nudge would do nothing."""
    bridge.want(Family.LIBRARY_ATTACHMENTS, 1)

    assert find_work(bridge.context.transaction, [("demo", REPORTS)]) == IDLE


def test_unfiled_callbacks_are_work(bridge):
    insert = (
        "INSERT INTO intake.callback (workspace, received_at, body_sha256, document, problem,"
        " filed_at) VALUES (%s, now(), sha256(%s), '{}', %s, %s)"
    )
    bridge.execute(insert, "demo", b"1", None, None)
    bridge.execute(insert, "odd", b"2", "unreadable", None)
    bridge.execute(insert, "done", b"3", None, "2026-01-01")

    assert work(bridge) == PendingWork(unfiled=("demo",), due=())


def test_a_list_that_postgres_knows_as_empty_is_not_read_whole(bridge):
    """Until it counts the rows again; a session reuses the plan that it made before."""
    bridge.execute("ALTER TABLE intake.wanted SET (autovacuum_enabled = false)")
    with bridge.context.session() as conn:
        conn.execute("VACUUM ANALYZE intake.wanted")
    for _ in range(12):  # psycopg prepares a statement after some executions
        work(bridge)
    bridge.want(REPORTS, *range(100_000))

    pages = min(bridge.pages_read(lambda: work(bridge)) for _ in range(2))

    assert work(bridge).due == (("demo", REPORTS),)
    assert pages < 200


def test_with_a_hundred_thousand_waiting_records_the_sweep_reads_a_few(bridge):
    """It runs every two seconds."""
    bridge.want(REPORTS, *range(100_000))
    bridge.want(RATINGS, 1)
    claim(bridge)

    pages = bridge.pages_read(lambda: work(bridge))

    assert sorted(work(bridge).due) == [("demo", REPORTS), ("demo", RATINGS)]
    assert pages < 200
