"""Records that Cention refuses one by one, while the others of their family are fine."""

from __future__ import annotations

import pytest

from tests.integration.bridge import RATINGS
from workers.clients import errors
from workers.rules import patience

HOPELESS = range(1, 31)
HEALTHY = range(101, 111)


@pytest.fixture
def shelf(shelf):
    """Refuses what is hopeless, whoever asks for it."""

    def refuse(rating_id):
        if rating_id in HOPELESS:
            raise errors.Unauthorised("token refused", api="cention", status=403)

    shelf.meanwhile = refuse
    return shelf


def pauses(bridge):
    found = bridge.rows(
        "SELECT extract(epoch FROM until_at - now())::float8 AS s FROM intake.pause"
    )
    return [row["s"] for row in found]


def test_one_that_is_refused_among_others_waits_longer_each_time_and_pauses_nobody(
    lonely_bridge, shelf
):
    bridge = lonely_bridge
    waits = []
    for healthy in HEALTHY[:4]:
        bridge.want(RATINGS, 7, healthy)
        bridge.drain(shelf.plan())
        waits.append(bridge.wanted(7)["wait_s"])
        bridge.make_due()

    assert bridge.wanted_ids() == [7]
    assert pauses(bridge) == []
    assert 2 < waits[0] <= 5
    assert 20 - 1 < waits[3] <= 40


def test_one_that_is_refused_for_ever_is_parked(lonely_bridge, shelf):
    bridge = lonely_bridge
    bridge.want(RATINGS, 7, 101)
    bridge.execute("UPDATE intake.wanted SET tries = 11, last_error = 'no' WHERE remote_id = 7")

    bridge.drain(shelf.plan())

    assert bridge.wanted(7)["parked_at"]


def test_a_probe_takes_the_newest_of_those_that_never_failed(lonely_bridge, shelf):
    bridge = lonely_bridge
    bridge.want(RATINGS, *HOPELESS)
    bridge.drain(shelf.plan())
    bridge.want(RATINGS, *HEALTHY)
    bridge.end_pauses()
    shelf.fetched.clear()

    bridge.drain(shelf.plan())

    [probe] = shelf.fetched
    assert probe in HEALTHY
    assert pauses(bridge) == []


def test_many_that_are_refused_keep_healthy_ones_waiting_for_moments(lonely_bridge, shelf):
    """However many are due before them."""
    bridge = lonely_bridge
    bridge.want(RATINGS, *HOPELESS)
    bridge.drain(shelf.plan())
    bridge.want(RATINGS, *HEALTHY)
    bridge.end_pauses()

    waited_s = 0.0
    while set(bridge.wanted_ids()) & set(HEALTHY):
        bridge.drain(shelf.plan())
        waited_s += max(pauses(bridge), default=0.0)
        bridge.end_pauses()

    assert waited_s <= 10 * patience.BRIEF_PAUSE_S
