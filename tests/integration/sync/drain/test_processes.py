"""The records of a drain whose process dies or is suspended."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.bridge import RATINGS, Bridge
from tests.support.eventually import eventually

MESSAGES = "SELECT rating_id, message FROM cention.facebook_rating"


@contextmanager
def fetching(bridge: Bridge, *, lease_s: float) -> Iterator[subprocess.Popen[str]]:
    """Run a drain in a separate process until it fetches its first record."""
    module = "tests.integration.sync.drain.worker_process"
    process = subprocess.Popen(
        [sys.executable, "-m", module, bridge.database, str(lease_s)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("fetching")
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def resume(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_records_of_a_killed_worker_are_fetched_at_once_by_another(offline_bridge, ratings):
    """Not only when its lease ends: its session released the lock of its slot."""
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    with fetching(bridge, lease_s=600) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(20)

    drained = eventually(lambda: bridge.drain(ratings.spec(max_drains=1)).claimed, within_s=5)

    assert drained == 1
    assert bridge.rows(MESSAGES) == [{"rating_id": 7, "message": "version 1"}]
    bridge.make_due()
    bridge.drain(ratings.spec())
    assert bridge.wanted_ids() == []


def test_a_killed_worker_counts_as_one_failure_of_its_records(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    with fetching(bridge, lease_s=600) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    tries = []
    ratings.before_answer = lambda _: tries.append(bridge.wanted(7)["tries"])

    eventually(lambda: bridge.drain(ratings.spec(max_drains=1)).claimed, within_s=5)

    assert tries == [1]


def kill_twelve_workers(bridge, ratings):
    """Kill that many workers, each while it holds every wanted record."""
    for _ in range(12):
        bridge.execute(
            "UPDATE intake.wanted SET claim = gen_random_uuid(), slot = 0,"
            " claimed_until = now() + interval '1 h'"
        )
        bridge.drain(ratings.spec(batch_size=0))


def test_worker_crashes_park_no_record_while_none_of_its_family_succeeds(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)

    kill_twelve_workers(bridge, ratings)

    assert bridge.wanted(7)["parked_at"] is None


def test_a_record_that_crashes_every_worker_is_parked(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 8)
    bridge.drain(ratings.spec())  # others succeed
    bridge.want(RATINGS, 7)

    kill_twelve_workers(bridge, ratings)

    row = bridge.wanted(7)
    assert row["parked_at"] is not None
    assert (row["tries"], row["claim"]) == (12, None)
    assert "died" in row["last_error"]


def test_no_drain_takes_over_from_a_worker_that_is_alive(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    with fetching(bridge, lease_s=600) as process:
        others = bridge.drain(ratings.spec())
        resume(process)
        assert process.wait(20) == 0

    assert others.claimed == 0
    assert ratings.fetched == []
    assert bridge.rows(MESSAGES) == [{"rating_id": 7, "message": "version 1"}]


def test_a_worker_suspended_beyond_its_lease_writes_nothing_and_wants_the_record_again(
    offline_bridge, ratings
):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    ratings.versions[7] = 2
    with fetching(bridge, lease_s=1) as process:
        process.send_signal(signal.SIGSTOP)
        eventually(lambda: bridge.drain(ratings.spec()).claimed, within_s=10)
        overtaken = bridge.rows(MESSAGES)
        process.send_signal(signal.SIGCONT)
        resume(process)
        assert process.wait(20) == 0

    assert overtaken == [{"rating_id": 7, "message": "version 2"}]
    assert bridge.rows(MESSAGES) == overtaken
    assert bridge.wanted_ids() == [7]
