"""The history of an errand: each fetch that found it changed is a version."""

from __future__ import annotations

import pytest

from tests.integration.bridge import REPORTS, raising
from workers.clients.errors import NotFound
from workers.sync.store import errand_versions

VERSIONS = (
    "SELECT * FROM cention.errand_version WHERE errand_id = %s ORDER BY valid_from, changed_at"
)
FIRST = "SELECT * FROM cention.errand_version ORDER BY errand_id"
READ = "SELECT idx_tup_fetch FROM pg_stat_xact_all_tables WHERE relname = 'errand_version'"


@pytest.fixture
def change(bridge, cention):
    """Change an errand at Cention in one way, and fetch it."""

    def change(errand_id, kind):
        cention.control(f"errands/{errand_id}/change", {"kind": kind})
        bridge.want(REPORTS, errand_id)
        bridge.drain()

    return change


@pytest.fixture
def fetched(bridge, errand):
    """An open errand, fetched once."""
    errand_id = errand()
    bridge.poll()
    bridge.drain()
    return errand_id


def test_each_step_of_an_errand_is_a_version_with_its_time(bridge, fetched, change):
    steps = ("assign", "move", "answer", "close", "reopen", "close")
    for step in steps:
        change(fetched, step)

    versions = bridge.rows(VERSIONS, fetched)

    assert [one["state"] for one in versions] == [
        *("open", "open", "open", "answered", "closed", "answered", "closed")
    ]
    first, assigned, moved, *_ = versions
    assert first["agent_id"] != assigned["agent_id"]
    assert assigned["area_id"] != moved["area_id"]
    assert [one["valid_to"] for one in versions] == [
        *(one["valid_from"] for one in versions[1:]),
        None,
    ]
    assert all(one["changed_at"] is not None for one in versions)


def test_each_step_of_an_errand_is_an_event_of_its_log_with_its_time(bridge, fetched, change):
    steps = ("assign", "move", "answer", "close", "reopen", "close")
    for step in steps:
        change(fetched, step)

    events = bridge.rows(
        "SELECT kind, happened_at FROM analyst.errand_event"
        " WHERE source = 'action' AND kind <> 'opened' ORDER BY action_id"
    )

    assert [one["kind"] for one in events] == [
        *("arrived", "assigned", "transferred", "answered", "closed", "reopened", "closed")
    ]
    assert all(one["happened_at"] for one in events)


def test_a_fetch_that_finds_no_change_adds_no_version(bridge, fetched):
    before = bridge.rows(VERSIONS, fetched)
    bridge.want(REPORTS, fetched)
    bridge.drain()

    [after] = bridge.rows(VERSIONS, fetched)

    assert after["valid_from"] == before[0]["valid_from"]
    assert after["fetched_at"] > before[0]["fetched_at"]


def test_the_first_version_of_an_errand_that_has_none_is_what_it_was(bridge, fetched, change):
    bridge.execute("DELETE FROM cention.errand_version")
    [before] = bridge.rows("SELECT fetched_at, area_id FROM cention.errand")

    change(fetched, "move")

    old, new = bridge.rows(VERSIONS, fetched)
    assert (old["valid_from"], old["area_id"]) == (before["fetched_at"], before["area_id"])
    assert new["area_id"] != before["area_id"]


def test_an_errand_that_is_gone_has_a_version_that_says_so(bridge, fetched):
    not_found = NotFound("not found", api="cention", status=404)
    for _ in range(2):
        bridge.want(REPORTS, fetched)
        bridge.make_due()
        bridge.drain(REPORTS, fetch=raising(not_found))

    open_, gone = bridge.rows(VERSIONS, fetched)

    assert (open_["state"], gone["state"]) == ("open", "gone")
    assert open_["area_id"] == gone["area_id"]


def test_a_record_that_is_no_longer_claimed_adds_no_version(bridge, fetched, cention):
    async def lose_claim(errand_id):
        document = await original(errand_id)
        bridge.execute("UPDATE intake.wanted SET claim = gen_random_uuid()")
        return document

    original = bridge.context.families["demo", REPORTS].fetch
    cention.control(f"errands/{fetched}/change", {"kind": "move"})
    before = bridge.rows(VERSIONS, fetched)
    bridge.want(REPORTS, fetched)
    bridge.make_due()
    bridge.drain(REPORTS, fetch=lose_claim)

    assert bridge.rows(VERSIONS, fetched) == before


def test_errands_that_were_here_before_get_their_first_versions_some_at_a_time(bridge, cention):
    ids = sorted(cention.control("errands", {"count": 5, "actions": 1})["ids"])
    bridge.poll()
    bridge.drain()
    before = bridge.rows(FIRST)
    bridge.execute("DELETE FROM cention.errand_version")
    bridge.execute("INSERT INTO cention.workspace (workspace, timezone) VALUES ('demo', 'UTC')")

    with bridge.context.session() as conn:
        looked_at = [errand_versions.fill(conn, limit=2) for _ in range(5)]

    assert looked_at == [2, 2, 1, 0, 0]
    assert [row["errand_id"] for row in before] == ids
    assert bridge.rows(FIRST) == before


def test_an_errand_that_is_locked_does_not_hold_up_the_others_and_comes_next(bridge, cention):
    ids = sorted(cention.control("errands", {"count": 2, "actions": 1})["ids"])
    bridge.poll()
    bridge.drain()
    bridge.execute("DELETE FROM cention.errand_version")
    bridge.execute("INSERT INTO cention.workspace (workspace, timezone) VALUES ('demo', 'UTC')")

    with bridge.context.transaction() as writer, bridge.context.session() as conn:
        writer.execute("SELECT FROM cention.errand WHERE errand_id = %s FOR UPDATE", [ids[0]])
        errand_versions.fill(conn)
        assert [row["errand_id"] for row in bridge.rows(FIRST)] == ids[1:]

    with bridge.context.session() as conn:
        looked_at = [errand_versions.fill(conn) for _ in range(2)]

    assert looked_at == [2, 0]
    assert [row["errand_id"] for row in bridge.rows(FIRST)] == ids


def test_versions_are_looked_up_by_errand_though_the_plan_is_of_an_empty_table(bridge):
    ids = list(range(1, 1001))
    with bridge.context.session() as conn, conn.transaction():
        conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for _ in range(10):  # from the fifth on it is a prepared statement
            errand_versions.keep_present(conn, "demo", ids)
        conn.execute(
            "INSERT INTO cention.errand (workspace, errand_id, fetched_at)"
            " SELECT 'demo', id, now() FROM unnest(%s::bigint[]) AS one (id)",
            [ids],
        )
        errand_versions.keep_present(conn, "demo", ids)
        before = conn.execute(READ).fetchall()[0][0]
        errand_versions.keep_present(conn, "demo", ids[-100:])
        read = conn.execute(READ).fetchall()[0][0] - before

    assert read <= 100
