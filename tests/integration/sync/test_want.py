from __future__ import annotations

import pytest

from tests.integration.bridge import RATINGS
from workers.sync.store import wanted

WAITING = "UPDATE intake.wanted SET due_at = now() + interval '40 s'"


def want_now(bridge, *ids: int) -> int:
    with bridge.context.transaction() as conn:
        return wanted.want_now(conn, "demo", RATINGS, ids)


def claim(bridge, *, slot: int = 0) -> wanted.Claim:
    with bridge.context.transaction() as conn:
        return wanted.claim(conn, "demo", RATINGS, slot=slot, limit=10, lease_s=60)


@pytest.fixture
def bridge(offline_bridge):
    offline_bridge.want(RATINGS, 7)
    return offline_bridge


def test_wanting_a_due_unclaimed_record_again_changes_nothing(bridge):
    before = bridge.wanted(7)

    bridge.want(RATINGS, 7)

    assert bridge.wanted(7) | {"wait_s": 0} == before | {"wait_s": 0}


def test_wanting_a_record_that_is_being_fetched_adds_a_mark(bridge):
    claim(bridge)

    bridge.want(RATINGS, 7)

    assert bridge.wanted(7)["marks"] == 2


def test_wanting_a_record_that_waits_for_its_sla_makes_it_due(bridge):
    bridge.execute(WAITING + ", looks = 5")

    bridge.want(RATINGS, 7)

    assert bridge.wanted(7)["wait_s"] <= 0


@pytest.mark.parametrize(
    "state", ["due_at = now() + interval '40 s'", "due_at = now() - interval '1 s'", "tries = 3"]
)
def test_wanting_a_record_fetched_without_sla_resets_its_count_of_fetches(bridge, state):
    """Otherwise a late change uses the last fetch, and its SLA is never fetched."""
    bridge.execute(f"UPDATE intake.wanted SET looks = 5, {state}")

    bridge.want(RATINGS, 7)

    assert bridge.wanted(7)["looks"] == 0


@pytest.mark.parametrize("tries", [3, 0])
def test_wanting_a_failed_record_again_keeps_its_back_off(bridge, tries):
    """Also a wait that Cention requested, which does not count as a try."""
    bridge.execute(WAITING + f", tries = {tries}, last_error = 'overloaded or unavailable'")

    bridge.want(RATINGS, 7)

    row = bridge.wanted(7)
    assert 30 < row["wait_s"] <= 40
    assert row["tries"] == tries


def test_wanting_a_parked_record_again_leaves_it_parked(bridge):
    bridge.execute("UPDATE intake.wanted SET parked_at = now(), tries = 12")

    bridge.want(RATINGS, 7)

    assert bridge.wanted(7)["parked_at"] is not None


@pytest.mark.parametrize("state", ["parked_at = now(), tries = 12", "tries = 3"])
def test_wanting_a_parked_record_now_releases_it(bridge, state):
    bridge.execute(f"{WAITING}, {state}")

    count = want_now(bridge, 7, 8)

    row = bridge.wanted(7)
    assert count == 2
    assert (row["parked_at"], row["tries"]) == (None, 0)
    assert row["wait_s"] <= 0
    assert bridge.wanted_ids() == [7, 8]


def test_wanting_no_ids_changes_nothing(bridge):
    bridge.want(RATINGS)

    assert want_now(bridge) == 0


def test_a_hundred_thousand_ids_are_wanted_in_one_statement_each_once(bridge):
    bridge.want(RATINGS, *range(1, 100_001), *range(1, 1000))

    [row] = bridge.rows("SELECT count(*) AS rows, max(marks) AS marks FROM intake.wanted")
    assert row == {"rows": 100_000, "marks": 1}
