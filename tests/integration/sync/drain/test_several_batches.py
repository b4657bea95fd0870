"""A drain claims and fetches its next batch while it writes the last group of one."""

from __future__ import annotations

from threading import Event

import psycopg
import pytest

from tests.integration.bridge import RATINGS
from tests.support.eventually import eventually
from workers.clients import errors
from workers.sync.jobs import settle


def claimed_ids(bridge) -> list[int]:
    found = bridge.rows("SELECT remote_id FROM intake.wanted WHERE claim IS NOT NULL ORDER BY 1")
    return [row["remote_id"] for row in found]


def test_the_next_batch_is_fetched_while_the_last_group_of_one_is_written(
    offline_bridge, ratings, monkeypatch
):
    bridge, original, seen = offline_bridge, settle.write, []
    bridge.want(RATINGS, 1, 2, 3, 4)

    def write(*args, **kwargs):
        eventually(lambda: len(ratings.fetched) == 4)
        seen.append(bridge.wanted_ids())
        return original(*args, **kwargs)

    monkeypatch.setattr(settle, "write", write)
    drained = bridge.drain(ratings.spec(batch_size=2, group_size=2))

    assert seen[0] == [1, 2, 3, 4]
    assert (drained.claimed, bridge.wanted_ids()) == (4, [])


def test_a_group_of_two_batches_is_written_claim_by_claim(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, *range(1, 31))

    drained = bridge.drain(ratings.spec(batch_size=3, group_size=7, max_batches=20))

    assert (drained.claimed, drained.more, bridge.wanted_ids()) == (30, False, [])
    assert set(ratings.fetches.values()) == {1}


def test_a_drain_claims_a_limited_number_of_batches_and_says_that_there_is_more(
    offline_bridge, ratings
):
    bridge = offline_bridge
    bridge.want(RATINGS, *range(1, 8))

    drained = bridge.drain(ratings.spec(batch_size=2, max_batches=3))

    assert (drained.claimed, drained.more, bridge.wanted_ids()) == (6, True, [7])


def test_a_drain_claims_no_batch_after_a_while(offline_bridge, ratings, monkeypatch):
    monkeypatch.setattr("workers.sync.jobs.drain.CLAIM_FOR_S", 0.0)
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2, 3)

    drained = bridge.drain(ratings.spec(batch_size=2))

    assert (drained.claimed, drained.more, bridge.wanted_ids()) == (2, True, [3])


@pytest.mark.parametrize(
    "error",
    [
        errors.Unreachable("no connection", api="cention"),
        errors.Unauthorised("token refused", api="cention", status=403),
    ],
)
def test_a_drain_claims_no_batch_after_a_failure_of_the_server(offline_bridge, ratings, error):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2, 3)

    def fail(_):
        raise error

    ratings.before_answer = fail
    drained = bridge.drain(ratings.spec(batch_size=2))

    assert (drained.claimed, sorted(ratings.fetched)) == (2, [1, 2])


def test_a_drain_claims_no_batch_while_the_last_request_failed(
    offline_bridge, ratings, monkeypatch
):
    """Others may have succeeded before, but the server may be down now."""
    monkeypatch.setattr("workers.sync.jobs.drain.GROUP_WAIT_S", 20)  # both are in one group
    bridge, answered = offline_bridge, Event()
    bridge.want(RATINGS, 1, 2, 3)

    def fail_after_the_first(rating_id):
        if rating_id == 2:
            assert answered.wait(20)
            Event().wait(0.2)  # the answer to the first has been taken
            raise errors.Unreachable("no connection", api="cention")

    ratings.before_answer = fail_after_the_first
    ratings.after_answer = lambda _: answered.set()
    drained = bridge.drain(ratings.spec(batch_size=2))

    assert (drained.claimed, bridge.wanted_ids()) == (2, [2, 3])


def test_a_family_paused_meanwhile_is_claimed_no_further(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2, 3)

    def pause(_):
        bridge.execute(
            "INSERT INTO intake.pause (workspace, family, until_at, reason)"
            " VALUES ('demo', 'facebook_ratings', now() + interval '1 min', 'refused')"
            " ON CONFLICT DO NOTHING"
        )

    ratings.before_answer = pause
    drained = bridge.drain(ratings.spec(batch_size=2))

    assert (drained.claimed, bridge.wanted_ids()) == (2, [3])


def test_a_pause_that_ends_meanwhile_leaves_its_probe_to_another_drain(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2, 3)

    def pause_briefly(_):
        bridge.execute(
            "INSERT INTO intake.pause (workspace, family, until_at, reason)"
            " VALUES ('demo', 'facebook_ratings', now(), 'refused') ON CONFLICT DO NOTHING"
        )

    ratings.before_answer = pause_briefly
    first = bridge.drain(ratings.spec(batch_size=2))
    ratings.before_answer = lambda _: None
    probe = bridge.drain(ratings.spec(batch_size=2))

    assert (first.claimed, first.more, probe.claimed) == (2, True, 1)
    assert bridge.rows("SELECT FROM intake.pause") == []


def test_a_session_lost_between_two_batches_leaves_the_records_of_both_wanted(
    offline_bridge, ratings, monkeypatch
):
    bridge, claimed = offline_bridge, []
    bridge.want(RATINGS, 1, 2, 3, 4)

    def lose_the_database(*_args, **_kwargs):
        claimed.extend(claimed_ids(bridge))
        raise psycopg.OperationalError

    monkeypatch.setattr(settle, "write", lose_the_database)
    with pytest.raises(psycopg.OperationalError):
        bridge.drain(ratings.spec(batch_size=2, group_size=2))
    monkeypatch.undo()

    assert claimed == bridge.wanted_ids() == [1, 2, 3, 4]
    bridge.drain(ratings.spec())
    bridge.make_due()
    bridge.drain(ratings.spec())
    assert bridge.wanted_ids() == []
