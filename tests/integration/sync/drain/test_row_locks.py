"""Two sessions that meet at one record, step by step: which waits, and which goes on without it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.integration.bridge import RATINGS
from tests.support.eventually import eventually
from workers.sync.store import landed, wanted
from workers.sync.store.landed import Landing

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WAITS = (
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def sessions(database):
    """Two sessions; none waits for a lock for ever."""
    options = "-c lock_timeout=60s"
    with (
        psycopg.connect(database, options=options) as one,
        psycopg.connect(database, options=options) as other,
    ):
        yield one, other


def claim(conn, *, slot, limit=1):
    return wanted.claim(conn, "demo", RATINGS, slot=slot, limit=limit, lease_s=60)


def ids(claimed):
    return [record.remote_id for record in claimed.records]


def test_a_record_that_another_is_claiming_is_left_to_it_without_waiting(offline_bridge, sessions):
    one, other = sessions
    offline_bridge.want(RATINGS, 1, 2)
    first = claim(one, slot=0)

    other.execute("SET lock_timeout = '10ms'")
    second = claim(other, slot=1, limit=2)
    one.commit()
    other.commit()

    assert (ids(first), ids(second)) == ([1], [2])


def test_records_that_are_being_written_are_not_released_as_stalled(offline_bridge, sessions):
    """A drain that is late, but still holds its claim, must not lose it in the middle."""
    one, other = sessions
    offline_bridge.want(RATINGS, 1)
    claimed = claim(one, slot=0)
    one.commit()
    assert wanted.hold(one, claimed, [1]) == {1}

    other.execute("SET lock_timeout = '10ms'")
    wanted.release_stalled(
        other, "demo", RATINGS, slots=[0], max_tries=12, success_window_s=900, in_flight_s=60
    )
    other.commit()
    wanted.settle(one, claimed, claimed.records)
    one.commit()

    assert offline_bridge.wanted_ids() == []


def test_a_record_that_is_wanted_while_it_is_written_is_wanted_after_it(offline_bridge, sessions):
    one, other = sessions
    offline_bridge.want(RATINGS, 1)
    claimed = claim(one, slot=0)
    one.commit()
    wanted.hold(one, claimed, [1])

    with ThreadPoolExecutor(1) as thread:
        wanting = thread.submit(wanted.want, other, "demo", RATINGS, [1])
        eventually(lambda: offline_bridge.rows(WAITS))
        wanted.settle(one, claimed, claimed.records)
        one.commit()
        wanting.result(60)
    other.commit()

    assert offline_bridge.wanted_ids() == [1]


def test_a_document_that_is_replaced_while_it_is_parsed_again_keeps_what_the_drain_found(
    offline_bridge, sessions
):
    one, other = sessions
    old = Landing(remote_id=7, document='{"v": 1}', fetched_at=NOW, problem="odd")
    new = Landing(
        remote_id=7, document='{"v": 2}', fetched_at=NOW + timedelta(hours=1), problem=None
    )
    landed.insert(one, "demo", RATINGS, [old])
    one.commit()
    assert landed.lock_after(one, "demo", RATINGS, after=0, limit=9)

    with ThreadPoolExecutor(1) as thread:
        landing = thread.submit(landed.insert, other, "demo", RATINGS, [new])
        eventually(lambda: offline_bridge.rows(WAITS))
        landed.record_parse_results(one, "demo", RATINGS, {7: "odd in another way"})
        one.commit()
        landing.result(60)
    other.commit()

    assert offline_bridge.rows("SELECT document, problem FROM intake.landed") == [
        {"document": {"v": 2}, "problem": None}
    ]
