"""Records that Cention refuses while it answers others of their family."""

from __future__ import annotations

import pytest

from tests.integration.bridge import RATINGS
from workers.clients import errors
from workers.config.names import Family
from workers.operations.jobs import housekeeping
from workers.sync.rules import retry_policy

ALWAYS_REFUSED = range(1, 31)
HEALTHY = range(101, 111)


@pytest.fixture
def ratings(ratings):
    """Refuses certain records and answers all others."""

    def refuse(rating_id):
        if rating_id in ALWAYS_REFUSED:
            raise errors.Unauthorised("token refused", api="cention", status=403)

    ratings.before_answer = refuse
    return ratings


def pauses(bridge):
    found = bridge.rows(
        "SELECT extract(epoch FROM until_at - now())::float8 AS s FROM intake.pause"
    )
    return [row["s"] for row in found]


def refuse_and_let_probe(bridge, ratings):
    """Let these records be refused and the pause end, while healthy records become wanted."""
    bridge.want(RATINGS, *ALWAYS_REFUSED)
    bridge.drain(ratings.spec())
    bridge.want(RATINGS, *HEALTHY)
    bridge.end_pauses()


def test_a_record_refused_among_others_waits_longer_each_time_and_causes_no_pause(
    offline_bridge, ratings
):
    bridge = offline_bridge
    waits = []
    for healthy in HEALTHY[:4]:
        bridge.want(RATINGS, 7, healthy)
        bridge.drain(ratings.spec())
        waits.append(bridge.wanted(7)["wait_s"])
        bridge.make_due()

    assert bridge.wanted_ids() == [7]
    assert pauses(bridge) == []
    assert 2 < waits[0] <= 5
    assert 20 - 1 < waits[3] <= 40


def test_a_record_refused_alone_causes_a_brief_pause_if_others_succeeded_just_before(
    offline_bridge, ratings
):
    bridge = offline_bridge
    bridge.want(RATINGS, 101)
    bridge.drain(ratings.spec())
    bridge.want(RATINGS, 7)

    bridge.drain(ratings.spec())

    [left_s] = pauses(bridge)
    assert 0 < left_s <= retry_policy.BRIEF_PAUSE_S
    assert bridge.wanted(7)["tries"] == 1


def test_a_token_that_is_refused_pauses_the_family_though_other_records_fail_otherwise(
    offline_bridge, ratings
):
    bridge = offline_bridge

    def fail(rating_id):
        if rating_id % 2:
            raise errors.Unauthorised("token refused", api="cention", status=401)
        raise errors.IncompleteResponse("failed on the server", api="cention", status=500)

    ratings.before_answer = fail
    bridge.want(RATINGS, *range(1, 101))

    drained = bridge.drain(ratings.spec(batch_size=100))

    assert (drained.more, len(pauses(bridge))) == (False, 1)


def test_a_probe_without_a_record_lets_the_next_one_probe(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    bridge.drain(ratings.spec())
    bridge.end_pauses()
    assert bridge.drain(ratings.spec()).claimed == 0

    bridge.want(RATINGS, 101)

    assert bridge.drain(ratings.spec()).claimed == 1
    assert pauses(bridge) == []


def test_a_pause_of_files_ends_when_no_record_is_left_to_probe_with(offline_bridge):
    bridge = offline_bridge
    bridge.execute(
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " SELECT 'demo', family, now(), 'no' FROM unnest(%s::text[]) AS family",
        [Family.AREA_ARCHIVES, Family.RESPONSE_ATTACHMENTS],
    )
    bridge.want(Family.AREA_ARCHIVES, 12)

    housekeeping.clean_up(bridge.context.session)

    assert bridge.rows("SELECT family FROM intake.pause") == [{"family": "area_archives"}]


def test_a_record_that_is_always_refused_is_parked(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 7, 101)
    bridge.execute("UPDATE intake.wanted SET tries = 11, last_error = 'no' WHERE remote_id = 7")

    bridge.drain(ratings.spec())

    assert bridge.wanted(7)["parked_at"]


def test_a_probe_takes_the_newest_record_that_never_failed(offline_bridge, ratings):
    bridge = offline_bridge
    refuse_and_let_probe(bridge, ratings)
    ratings.fetched.clear()

    bridge.drain(ratings.spec())

    [probe] = ratings.fetched
    assert probe in HEALTHY
    assert pauses(bridge) == []


def test_many_refused_records_delay_healthy_ones_only_briefly(offline_bridge, ratings):
    """However many are due before them."""
    bridge = offline_bridge
    refuse_and_let_probe(bridge, ratings)

    waited_s = 0.0
    for _ in range(100):
        if not set(bridge.wanted_ids()) & set(HEALTHY):
            break
        bridge.drain(ratings.spec())
        waited_s += max(pauses(bridge), default=0.0)
        bridge.end_pauses()

    assert not set(bridge.wanted_ids()) & set(HEALTHY)
    assert waited_s <= 10 * retry_policy.BRIEF_PAUSE_S
