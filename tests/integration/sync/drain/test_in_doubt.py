"""A request whose answer was lost may take effect after the record was fetched again."""

from __future__ import annotations

from threading import Event, Lock
from uuid import UUID

import psycopg
import pytest

from tests.integration.bridge import RATINGS, REPORTS
from tests.support.settings import SETTINGS
from workers.clients import errors
from workers.database import connections
from workers.sync.rules import retry_policy
from workers.sync.store import wanted

MESSAGES = "SELECT rating_id, message FROM cention.facebook_rating ORDER BY rating_id"
LEASE_S = 60  # of the specs of the fake API
IN_FLIGHT_S = retry_policy.IN_FLIGHT_S


def messages(bridge) -> dict[int, str]:
    return {row["rating_id"]: row["message"] for row in bridge.rows(MESSAGES)}


@pytest.fixture
def abandoned_claim(offline_bridge):
    """A bridge with a record claimed by a drain that has lost its session."""
    offline_bridge.want(RATINGS, 7)
    with offline_bridge.context.transaction() as conn:
        wanted.claim(conn, "demo", RATINGS, slot=0, limit=1, lease_s=LEASE_S)
    return offline_bridge


def in_flight_s(bridge) -> float | None:
    [row] = bridge.rows(
        "SELECT extract(epoch FROM doubt_until - now())::float8 AS left_s FROM intake.wanted"
    )
    return row["left_s"]


def test_a_flag_cleared_by_the_late_request_of_a_dead_drain_loses_no_change(
    abandoned_claim, ratings
):
    """The drain may have been suspended before its request and killed after it."""
    bridge = abandoned_claim
    bridge.drain(ratings.spec())
    ratings.versions[7] = 2  # at Cention, where the late request now clears its flag

    bridge.make_due()
    bridge.drain(ratings.spec())

    assert (bridge.wanted_ids(), messages(bridge)) == ([], {7: "version 2"})


def test_a_record_in_doubt_is_stored_and_fetched_once_more_after_the_doubt(
    abandoned_claim, ratings
):
    bridge = abandoned_claim
    bridge.drain(ratings.spec())

    row = bridge.wanted(7)
    assert messages(bridge) == {7: "version 1"}
    assert (row["claim"], row["tries"], row["last_error"]) == (None, 0, None)
    assert IN_FLIGHT_S - 20 < row["wait_s"] <= IN_FLIGHT_S
    assert row["due_at"] == row["doubt_until"] == row["wanted_at"]

    bridge.make_due()
    bridge.drain(ratings.spec())

    assert (bridge.wanted_ids(), ratings.fetches[7]) == ([], 2)


def test_a_record_claimed_before_its_doubt_has_ended_does_not_leave_the_list(
    abandoned_claim, ratings
):
    """The late request may have taken effect between our fetch and the end of the doubt."""
    bridge = abandoned_claim
    ratings.after_answer = lambda _: bridge.execute("UPDATE intake.wanted SET doubt_until = now()")

    bridge.drain(ratings.spec())

    assert bridge.wanted(7)["wait_s"] <= 0
    ratings.after_answer = lambda _: None
    bridge.drain(ratings.spec())
    assert bridge.wanted_ids() == []


def test_records_held_beyond_their_lease_are_in_doubt_too(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    bridge.execute(
        "UPDATE intake.wanted SET claim = %s, slot = 9, claimed_until = now()", UUID(int=1)
    )

    bridge.drain(ratings.spec())

    assert messages(bridge) == {7: "version 1"}
    assert IN_FLIGHT_S - 20 < bridge.wanted(7)["wait_s"] <= IN_FLIGHT_S


def test_a_record_in_doubt_that_is_wanted_is_fetched_at_once(abandoned_claim, ratings):
    bridge = abandoned_claim
    bridge.drain(ratings.spec())
    ratings.versions[7] = 2
    bridge.want(RATINGS, 7)

    row = bridge.wanted(7)
    bridge.drain(ratings.spec())

    assert row["wait_s"] <= 0
    assert row["wanted_at"] <= row["due_at"]
    assert messages(bridge) == {7: "version 2"}
    assert bridge.wanted(7)["wait_s"] > 0  # the doubt is not over


@pytest.mark.parametrize(
    "error",
    [
        errors.IncompleteResponse("incomplete response", api="cention"),
        errors.Busy("overloaded or unavailable", api="cention", status=502),
        errors.Busy("overloaded or unavailable", api="cention", status=504),
    ],
)
def test_a_request_without_an_answer_from_cention_leaves_its_record_in_doubt(
    offline_bridge, ratings, error
):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)

    def break_off(_):
        ratings.before_answer = lambda _: None
        raise error

    ratings.before_answer = break_off
    bridge.drain(ratings.spec())
    bridge.execute("UPDATE intake.wanted SET due_at = now()")
    bridge.drain(ratings.spec())

    assert messages(bridge) == {7: "version 1"}
    assert IN_FLIGHT_S - 20 < bridge.wanted(7)["wait_s"] <= IN_FLIGHT_S


@pytest.mark.parametrize(
    "error",
    [
        errors.Unreachable("no connection", api="cention"),
        errors.IncompleteResponse("failed on the server", api="cention", status=500),
        errors.Busy("overloaded or unavailable", api="cention", status=503),
        errors.BadRequest("request refused", api="cention", status=400),
    ],
)
def test_a_record_answered_or_never_requested_is_not_in_doubt(offline_bridge, ratings, error):
    bridge = offline_bridge
    bridge.want(RATINGS, 7)

    def fail(_):
        raise error

    ratings.before_answer = fail
    bridge.drain(ratings.spec())

    assert in_flight_s(bridge) is None


def test_a_process_suspended_between_its_deadline_check_and_its_request_sends_none(
    bridge, cention, errand
):
    errand_id = errand()
    bridge.poll()
    fetch = bridge.context.families["demo", REPORTS].fetch

    async def fetch_late(errand_id):
        Event().wait(0.4)
        return await fetch(errand_id)

    bridge.drain(REPORTS, fetch=fetch_late, lease_s=0.6)

    assert bridge.poll() == 1  # its flag is not cleared
    assert bridge.wanted_ids() == [errand_id]
    assert bridge.rows("SELECT FROM cention.errand") == []


def test_a_process_suspended_while_it_claimed_fetches_nothing(offline_bridge, ratings, monkeypatch):
    """Its lease began when it sent the claim, not when it received the answer."""
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    claim = wanted.claim

    def fetch_late(*args, **kwargs):
        claimed = claim(*args, **kwargs)
        Event().wait(0.4)
        return claimed

    monkeypatch.setattr(wanted, "claim", fetch_late)
    bridge.drain(ratings.spec(lease_s=0.6))

    assert (ratings.fetched, bridge.wanted_ids()) == ([], [7])


def test_a_drain_that_lost_its_session_begins_no_further_fetch(
    offline_bridge, ratings, monkeypatch
):
    """While no document arrives, it has nothing to write and would not notice."""
    bridge = offline_bridge
    bridge.want(RATINGS, *range(1, 21))
    first, noticed = Lock(), Event()
    ping = connections.ping

    def ping_and_signal(conn):
        try:
            ping(conn)
        except psycopg.OperationalError:
            noticed.set()
            raise

    def lose_the_session(_):
        if first.acquire(blocking=False):
            bridge.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert noticed.wait(30)
        Event().wait(0.2)  # the answers arrive after that

    monkeypatch.setattr(retry_policy, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(connections, "ping", ping_and_signal)
    ratings.before_answer = lose_the_session

    with pytest.raises(psycopg.OperationalError):
        bridge.drain(ratings.spec())

    assert len(ratings.fetched) <= SETTINGS.fetch_threads
    assert bridge.wanted_ids() == list(range(1, 21))


def test_no_request_is_sent_long_after_the_last_check_of_the_session(
    offline_bridge, ratings, monkeypatch
):
    """As in a process that was suspended, or whose Postgres no longer answers."""
    bridge = offline_bridge
    bridge.want(RATINGS, 7)
    monkeypatch.setattr(retry_policy, "PING_VALID_S", 0.0)

    bridge.drain(ratings.spec())

    assert (ratings.fetched, bridge.wanted_ids()) == ([], [7])
