"""Which drain fetches a record and writes it, and when it leaves the list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import psycopg
import pytest

from tests.integration.bridge import RATINGS
from workers.clients.fetch_loop import FetchLoop
from workers.database import advisory_locks
from workers.sync.jobs import drain as draining
from workers.sync.jobs.drain import IDLE, drain
from workers.sync.store import wanted

LOCK = "SELECT FROM intake.wanted WHERE remote_id = %s FOR UPDATE"
MESSAGES = "SELECT rating_id, message FROM cention.facebook_rating ORDER BY rating_id"


def messages(bridge) -> dict[int, str]:
    return {row["rating_id"]: row["message"] for row in bridge.rows(MESSAGES)}


def test_a_record_leaves_the_list_in_the_transaction_that_writes_it(offline_bridge, ratings):
    """Another session always sees it on the list or written."""
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    seen = []

    def save(conn, workspace, records):
        spec.save(conn, workspace, records)
        seen.append((bridge.wanted_ids(), messages(bridge)))

    spec = ratings.spec()
    bridge.drain(ratings.spec(save=save))

    assert seen == [([7], {})]
    assert (bridge.wanted_ids(), messages(bridge)) == ([], {7: "version 1"})


def test_a_record_is_on_the_list_while_it_is_fetched_outside_of_any_transaction(
    offline_bridge, ratings
):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    ratings.before_answer = lambda _: seen.extend(
        bridge.rows(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%%'"
        )
    )
    seen: list[object] = []

    bridge.drain(ratings.spec())

    assert seen == []


def test_a_record_wanted_again_while_it_is_fetched_is_fetched_again(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    ratings.after_answer = lambda _: bridge.want(RATINGS, 7)

    bridge.drain(ratings.spec())

    row = bridge.wanted(7)
    assert messages(bridge) == {7: "version 1"}
    assert (row["claim"], row["tries"]) == (None, 0)
    assert row["wait_s"] <= 0

    ratings.versions[7] = 2
    ratings.after_answer = lambda _: None
    bridge.drain(ratings.spec())

    assert (bridge.wanted_ids(), messages(bridge)) == ([], {7: "version 2"})


def test_a_late_drain_writes_nothing_and_wants_its_records_again(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    ratings.after_answer = lambda _: bridge.end_leases()

    bridge.drain(ratings.spec())

    assert messages(bridge) == {}
    ratings.after_answer = lambda _: None
    bridge.drain(ratings.spec())
    bridge.make_due()
    bridge.drain(ratings.spec())
    assert (bridge.wanted_ids(), messages(bridge)) == ([], {7: "version 1"})


def late_drain(bridge, ratings, executor):
    """Begin a drain that loses its lease while it fetches; return it and how to resume it."""
    fetched, go_on = Event(), Event()

    def wait(_):
        ratings.after_answer = lambda _: None
        fetched.set()
        assert go_on.wait(20)

    ratings.after_answer = wait
    late = executor.submit(bridge.drain, ratings.spec())
    assert fetched.wait(20)
    bridge.end_leases()
    return late, go_on


def test_a_late_drain_wants_records_again_that_another_is_fetching(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    with ThreadPoolExecutor(1) as executor:
        late, go_on = late_drain(bridge, ratings, executor)

        def finish_late(_):
            go_on.set()
            late.result(20)

        ratings.after_answer = finish_late
        ratings.versions[7] = 2
        bridge.drain(ratings.spec())

    assert messages(bridge) == {7: "version 2"}
    assert bridge.wanted_ids() == [7]


def test_a_late_drain_wants_records_again_that_another_has_finished(offline_bridge, ratings):
    """Its own fetch may have cleared the flag of a change that the other did not see."""
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    with ThreadPoolExecutor(1) as executor:
        late, go_on = late_drain(bridge, ratings, executor)
        ratings.versions[7] = 2
        bridge.drain(ratings.spec())
        bridge.make_due()
        bridge.drain(ratings.spec())
        finished = bridge.wanted_ids()
        go_on.set()
        late.result(20)

    assert finished == []
    assert messages(bridge) == {7: "version 2"}
    assert bridge.wanted_ids() == [7]


def settle(conn, claim):
    wanted.settle(conn, claim, claim.records)


def reschedule(conn, claim):
    wanted.reschedule(conn, claim, claim.records, after_s=60)


def postpone(conn, claim):
    failed = wanted.Retry(remote_id=7, after_s=60, error="no connection", tries=1)
    wanted.postpone(conn, claim, [failed], in_flight_s=60)


def release(conn, claim):
    wanted.release(conn, claim, [7])


@pytest.mark.parametrize("end", [settle, reschedule, postpone, release])
def test_a_drain_that_lost_a_record_does_not_change_the_claim_of_its_successor(offline_bridge, end):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    with bridge.context.session() as conn:
        lost = wanted.claim(conn, "demo", RATINGS, slot=0, limit=1, lease_s=60)
        bridge.execute("UPDATE intake.wanted SET claim = NULL")
        wanted.claim(conn, "demo", RATINGS, slot=1, limit=1, lease_s=60)
        before = bridge.rows("SELECT * FROM intake.wanted")

        end(conn, lost)

    assert bridge.rows("SELECT * FROM intake.wanted") == before


def test_no_fetch_begins_after_half_of_the_lease(offline_bridge, ratings):
    """A fetch may clear a flag; late in the lease its document might not be written in time."""
    bridge = offline_bridge
    bridge.want(RATINGS, *range(1, 41))
    ratings.before_answer = lambda _: Event().wait(0.1)

    bridge.drain(ratings.spec(lease_s=1.0))

    assert 0 < len(ratings.fetched) < 30
    assert len(messages(bridge)) == len(ratings.fetched)
    left = bridge.rows("SELECT DISTINCT claim, tries, due_at <= now() AS due FROM intake.wanted")
    assert left == [{"claim": None, "tries": 0, "due": True}]


def test_two_drains_at_once_never_fetch_the_same_record(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, *range(1, 201))
    start = Barrier(4)

    def drain_until_idle(_):
        start.wait(10)
        while bridge.drain(ratings.spec(batch_size=20)).claimed:
            pass

    with ThreadPoolExecutor(4) as executor:
        list(executor.map(drain_until_idle, range(4)))
    while bridge.drain(ratings.spec(batch_size=20)).claimed:
        pass

    assert sorted(ratings.fetched) == list(range(1, 201))
    assert len(messages(bridge)) == 200


def test_no_more_drains_run_at_once_than_there_are_slots(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2, 3)
    with ThreadPoolExecutor(3) as executor:
        inside, leave = Event(), Event()

        def wait(_):
            inside.set()
            assert leave.wait(20)

        ratings.before_answer = wait
        first = executor.submit(
            bridge.drain, ratings.spec(max_drains=1, batch_size=1, max_batches=1)
        )
        assert inside.wait(20)
        second = bridge.drain(ratings.spec(max_drains=1, batch_size=1, max_batches=1))
        leave.set()

    assert second == IDLE
    assert first.result().claimed == 1


def test_each_family_has_its_own_slots(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 1)
    with psycopg.connect(bridge.database, autocommit=True) as other:
        for place in range(2):
            with advisory_locks.hold(other, "drain/demo/errand_reports", slots=2) as slot:
                assert slot is not None, place

        drained = bridge.drain(ratings.spec())

    assert drained.claimed == 1


def test_a_full_batch_nudges_another_drain_as_soon_as_the_server_has_answered(
    offline_bridge, ratings
):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2, 3)

    drained = bridge.drain(ratings.spec(batch_size=2, max_batches=1))

    assert (bridge.drain_nudges, drained.more) == (1, True)


def test_a_batch_that_is_not_full_nudges_no_other_drain(offline_bridge, ratings):
    offline_bridge.want(RATINGS, 1)

    drained = offline_bridge.drain(ratings.spec(batch_size=2))

    assert (offline_bridge.drain_nudges, drained.more) == (0, False)


def test_the_longest_due_is_fetched_first(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2, 3)
    bridge.execute("UPDATE intake.wanted SET due_at = now() - remote_id * interval '1 s'")

    for _ in range(3):
        bridge.drain(ratings.spec(batch_size=1))

    assert ratings.fetched == [3, 2, 1]


def test_a_connection_lost_while_fetching_loses_nothing_and_leaves_the_rest_claimable(
    offline_bridge, ratings
):
    bridge = offline_bridge
    bridge.want(RATINGS, *range(1, 11))

    def cut(_):
        ratings.before_answer = lambda _: None
        bridge.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    ratings.before_answer = cut
    with pytest.raises(psycopg.OperationalError):
        bridge.drain(ratings.spec())

    assert bridge.wanted_ids() == list(range(1, 11))
    bridge.drain(ratings.spec())
    bridge.make_due()
    bridge.drain(ratings.spec())
    assert bridge.wanted_ids() == []
    assert len(messages(bridge)) == 10


def test_records_fetched_and_not_written_are_wanted_again_though_another_drain_finished_them(
    offline_bridge, ratings
):
    """A thread may still fetch when its drain has lost the database and its slot is taken."""
    bridge = offline_bridge
    bridge.want(RATINGS, 7)

    def lose_the_database_and_be_overtaken(_):
        ratings.before_answer = lambda _: None
        bridge.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for _ in range(10):
            try:
                drain(
                    ratings.spec(),
                    session=bridge.context.session,
                    loop=another_loop,
                    nudge_another=lambda: None,
                )
            except psycopg.OperationalError:
                continue
            if not bridge.wanted_ids():
                break
        overtaken.append(messages(bridge))
        ratings.versions[7] = 2  # changed, and then fetched by the remaining thread

    another_loop = FetchLoop(1)
    overtaken: list[dict[int, str]] = []
    ratings.before_answer = lose_the_database_and_be_overtaken
    with pytest.raises(psycopg.OperationalError):
        bridge.drain(ratings.spec())

    another_loop.close()
    assert overtaken == [{7: "version 1"}]
    assert bridge.wanted_ids() == [7]
    bridge.drain(ratings.spec())
    assert messages(bridge) == {7: "version 2"}


def test_a_drain_that_fails_waits_for_its_fetches_and_closes_their_documents(
    offline_bridge, ratings, monkeypatch
):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2)
    slow, closed = Event(), []

    class FetchedRating:
        def __init__(self, rating_id):
            self.rating_id = rating_id
            self.document = ratings.answer(rating_id)

        def close(self):
            closed.append(self.rating_id)

    def fetch(rating_id):
        if rating_id == 2:
            assert slow.wait(20)
        return FetchedRating(rating_id)

    def lose_the_database(*_args, **_kwargs):
        slow.set()
        raise psycopg.OperationalError

    monkeypatch.setattr("workers.sync.jobs.settle.write", lose_the_database)
    with pytest.raises(psycopg.OperationalError):
        bridge.drain(ratings.spec(fetch=fetch))

    assert set(closed) == {1, 2}


def test_a_late_drain_waits_for_no_lock_while_it_holds_locks(offline_bridge, ratings, monkeypatch):
    """Otherwise a poll that wants the same records in their order could deadlock with it."""
    # Both in one group, however busy the machine is.
    monkeypatch.setattr(draining, "GROUP_WAIT_S", 5.0)
    bridge = offline_bridge
    bridge.want(RATINGS, 3, 5)
    spec, lost, locked, written = ratings.spec(), Event(), Event(), Event()

    def lose_three(rating_id):
        if rating_id == 3:
            bridge.execute("UPDATE intake.wanted SET claim = gen_random_uuid() WHERE remote_id = 3")
            lost.set()
        assert locked.wait(10)

    def save(conn, workspace, records):
        spec.save(conn, workspace, records)
        written.set()

    ratings.before_answer = lose_three
    with ThreadPoolExecutor(1) as executor:
        drained = executor.submit(bridge.drain, ratings.spec(save=save))
        assert lost.wait(10)
        with bridge.context.transaction() as other:
            other.execute(LOCK, [3])
            locked.set()
            assert written.wait(10)
            other.execute(LOCK, [5])
        drained.result(10)

    assert messages(bridge) == {5: "version 1"}
    assert bridge.wanted(3)["marks"] == 2
