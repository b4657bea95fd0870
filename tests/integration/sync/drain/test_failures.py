"""Failures of a fetch, and how long the record then waits."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.integration.bridge import RATINGS, REPORTS, raising
from workers.clients import errors
from workers.sync.jobs.drain import IDLE
from workers.sync.rules import retry_policy

PASSING = ("error_500", "dropped", "truncated", "broken_json", "login_page", "busy")


def refused(status: int = 401) -> errors.ApiError:
    return errors.Unauthorised("token refused", api="cention", status=status)


@pytest.mark.parametrize("fault", PASSING)
def test_a_temporary_failure_is_retried_although_the_flag_is_cleared(
    bridge, cention, errand, fault
):
    """Cention may no longer list it: only our own list still has it."""
    errand_id = errand()
    bridge.poll()
    strike = {"probability": 1, "times": 1, "types": ["c3_errand_reports"]}
    cention.control("faults", {fault: strike})

    bridge.drain()
    waiting = bridge.wanted(errand_id)
    bridge.make_due()
    bridge.drain()

    assert 0.5 < waiting["wait_s"] <= 5
    assert waiting["claim"] is None
    assert waiting["last_error"].startswith("cention: ")
    assert bridge.wanted_ids() == []
    assert bridge.rows("SELECT errand_id FROM cention.errand") == [{"errand_id": errand_id}]


def test_retry_after_is_obeyed(bridge, cention, errand):
    errand_id = errand()
    bridge.poll()
    cention.control("faults", {"busy": {"seconds": 120, "types": ["c3_errand_reports"]}})

    bridge.drain()

    assert 115 < bridge.wanted(errand_id)["wait_s"] <= 121


def test_an_outage_counts_against_no_record_and_stops_the_batch_early(offline_bridge):
    bridge = offline_bridge
    bridge.want(REPORTS, *range(1, 101))

    drained = bridge.drain(REPORTS, batch_size=100)

    assert (drained.claimed, drained.more, bridge.drain_nudges) == (100, False, 0)
    [row] = bridge.rows(
        "SELECT max(tries) AS tries, count(claim) AS claimed, count(parked_at) AS parked,"
        " count(*) AS wanted, count(*) FILTER (WHERE due_at <= now()) AS due,"
        " extract(epoch FROM max(due_at) - now())::float8 AS longest_s FROM intake.wanted"
    )
    assert (row["tries"], row["claimed"], row["parked"], row["wanted"]) == (0, 0, 0, 100)
    assert row["due"] > 50  # released without a try
    assert row["longest_s"] <= 5


def test_an_outage_parks_nothing_however_long_it_lasts(offline_bridge):
    bridge = offline_bridge
    bridge.want(REPORTS, 1)

    for _ in range(20):
        bridge.make_due()
        bridge.drain()

    row = bridge.wanted(1)
    assert (row["tries"], row["parked_at"]) == (0, None)
    assert row["last_error"].startswith("cention: no connection")


def test_an_outage_of_one_record_counts_against_it_while_others_succeed(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2)

    def before_answer(rating_id):
        if rating_id == 1:
            raise errors.Busy("overloaded or unavailable", api="cention", status=503)

    ratings.before_answer = before_answer
    bridge.drain(ratings.spec())

    assert bridge.wanted_ids() == [1]
    assert bridge.wanted(1)["tries"] == 1


def broken_for(failing_id):
    """Make the server always fail on one record."""

    def before_answer(rating_id):
        if rating_id == failing_id:
            raise errors.IncompleteResponse("failed on the server", api="cention", status=500)

    return before_answer


def test_waiting_times_grow_with_every_failure_and_after_twelve_the_record_parks(
    offline_bridge, ratings
):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2)
    ratings.before_answer = broken_for(1)
    waits = []

    for _ in range(retry_policy.MAX_TRIES):
        assert bridge.wanted(1)["parked_at"] is None
        bridge.make_due()
        bridge.drain(ratings.spec())
        waits.append(bridge.wanted(1)["wait_s"])

    row = bridge.wanted(1)
    assert row["parked_at"] is not None
    assert (row["tries"], row["last_error"]) == (12, "cention: failed on the server (HTTP 500)")
    ceilings = [min(900, 5 * 2**n) for n in range(12)]
    assert all(c / 2 - 1 <= wait <= c for wait, c in zip(waits, ceilings, strict=True))
    assert bridge.drain(ratings.spec()) == IDLE


def test_no_record_parks_while_none_of_its_family_succeeds(offline_bridge, ratings):
    """An hour of errors at Cention must not park every waiting record."""
    bridge = offline_bridge
    bridge.want(RATINGS, 1)
    ratings.before_answer = broken_for(1)

    for _ in range(retry_policy.MAX_TRIES + 3):
        bridge.make_due()
        bridge.drain(ratings.spec())

    row = bridge.wanted(1)
    assert (row["tries"], row["parked_at"]) == (15, None)


@pytest.mark.parametrize(
    "error",
    [
        errors.BadRequest("request refused", api="cention", status=400),
        errors.BadRequest("request refused", api="cention", status=406),
        errors.WrongUrl("no such route", api="cention", status=404),
        errors.TooLarge("the body is larger than 9 bytes", api="cention", status=200),
    ],
)
def test_a_permanent_failure_parks_the_record_at_once(offline_bridge, error):
    offline_bridge.want(REPORTS, 1)

    offline_bridge.drain(REPORTS, fetch=raising(error))

    row = offline_bridge.wanted(1)
    assert row["parked_at"] is not None
    assert (row["claim"], row["last_error"]) == (None, str(error))


def test_a_wrong_address_without_an_error_document_parks_at_once(wrong_workspace_bridge):
    """A 404 from a web server and not from Cention says nothing about the errand."""
    wrong_workspace_bridge.want(REPORTS, 5)

    wrong_workspace_bridge.drain(REPORTS)

    row = wrong_workspace_bridge.wanted(5)
    assert row["parked_at"] is not None
    assert row["last_error"].startswith("cention: no such route")


@pytest.mark.parametrize(
    "error", [refused(401), refused(403), errors.Redirected("elsewhere", api="cention", status=302)]
)
def test_a_refusal_pauses_the_family_keeps_every_id_and_counts_against_none(offline_bridge, error):
    bridge = offline_bridge
    bridge.want(REPORTS, *range(1, 101))

    drained = bridge.drain(REPORTS, fetch=raising(error), batch_size=100)

    [pause] = bridge.rows(
        "SELECT workspace, family, reason, extract(epoch FROM until_at - now())::float8 AS left_s"
        " FROM intake.pause"
    )
    assert (pause["workspace"], pause["family"]) == ("demo", REPORTS)
    assert pause["reason"] == str(error)
    assert 15 < pause["left_s"] <= retry_policy.PAUSE_S
    assert bridge.wanted_ids() == list(range(1, 101))
    rows = bridge.rows("SELECT DISTINCT claim, tries, parked_at FROM intake.wanted")
    assert rows == [{"claim": None, "tries": 0, "parked_at": None}]
    assert (drained.more, bridge.drain_nudges) == (False, 0)


def test_after_a_refusal_hardly_any_other_record_is_tried(offline_bridge, ratings):
    offline_bridge.want(RATINGS, *range(1, 101))

    def refuse(_):
        raise refused()

    ratings.before_answer = refuse
    offline_bridge.drain(ratings.spec())

    assert len(ratings.fetched) <= 20


def test_while_a_family_is_paused_only_others_are_drained(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(REPORTS, 1)
    bridge.want(RATINGS, 1)
    bridge.drain(REPORTS, fetch=raising(refused()))

    assert bridge.drain(REPORTS, fetch=raising(AssertionError())) == IDLE
    assert bridge.drain(ratings.spec()).claimed == 1


def test_a_pause_applies_to_one_workspace(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 1)
    bridge.execute(
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " VALUES ('other', 'facebook_ratings', now() + interval '20 s', 'no')"
    )

    assert bridge.drain(ratings.spec()).claimed == 1


def test_once_a_pause_is_over_one_record_is_tried_and_if_it_is_refused_the_pause_begins_again(
    offline_bridge,
):
    bridge = offline_bridge
    bridge.want(REPORTS, *range(1, 11))
    bridge.drain(REPORTS, fetch=raising(refused()))
    bridge.make_due()
    bridge.end_pauses()

    probe = bridge.drain(REPORTS, fetch=raising(refused()))

    assert (probe.claimed, probe.more) == (1, False)
    assert bridge.drain(REPORTS, fetch=raising(AssertionError())) == IDLE


def test_once_a_record_succeeds_the_family_resumes(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, *range(1, 11))
    bridge.drain(ratings.spec(fetch=raising(refused())))
    bridge.make_due()
    bridge.end_pauses()

    probe = bridge.drain(ratings.spec())
    rest = bridge.drain(ratings.spec())

    assert (probe.claimed, probe.more, rest.claimed) == (1, True, 9)
    assert bridge.rows("SELECT family FROM intake.pause") == []
    assert bridge.wanted_ids() == []


def test_of_two_drains_that_find_a_pause_over_only_one_probes(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2)
    bridge.drain(ratings.spec(fetch=raising(refused())))
    bridge.make_due()
    bridge.end_pauses()
    fetching, go_on = Event(), Event()

    def wait(_):
        fetching.set()
        assert go_on.wait(20)

    ratings.before_answer = wait
    with ThreadPoolExecutor(1) as executor:
        first = executor.submit(bridge.drain, ratings.spec())
        assert fetching.wait(20)
        second = bridge.drain(ratings.spec())
        go_on.set()

    assert (first.result().claimed, second) == (1, IDLE)


def test_a_probe_that_fails_is_not_followed_by_another_at_once(offline_bridge, ratings):
    bridge = offline_bridge
    bridge.want(RATINGS, *range(1, 11))
    bridge.drain(ratings.spec(fetch=raising(refused())))
    bridge.make_due()
    bridge.end_pauses()
    outage = errors.Unreachable("no connection", api="cention")

    probe = bridge.drain(ratings.spec(fetch=raising(outage)))

    assert (probe.claimed, probe.more) == (1, False)
    assert bridge.drain(ratings.spec(fetch=raising(outage))) == IDLE


def test_with_a_token_that_is_wrong_nothing_is_lost_and_with_the_right_one_all_is_fetched(
    bridge, cention, errand
):
    ids = sorted(errand() for _ in range(5))
    bridge.poll()
    cention.control("faults", {"unauthorised": {"probability": 1}})
    bridge.drain()
    paused_poll = bridge.poll()
    cention.control("faults", {"unauthorised": None})

    bridge.make_due()
    bridge.end_pauses()
    while bridge.drain().more:
        pass

    assert paused_poll is None
    assert bridge.wanted_ids() == []
    stored = bridge.rows("SELECT errand_id FROM cention.errand ORDER BY 1")
    assert [row["errand_id"] for row in stored] == ids


def test_a_slow_server_does_not_delay_records_that_were_fetched(offline_bridge, ratings):
    """Records are written in groups as they are fetched, not once the whole batch is."""
    bridge = offline_bridge
    bridge.want(RATINGS, 1, 2)
    written = []

    def wait_for_the_other(rating_id):
        if rating_id == 2:
            ends_at = time.monotonic() + 10
            while not written and time.monotonic() < ends_at:
                written.extend(bridge.rows("SELECT rating_id FROM cention.facebook_rating"))

    ratings.before_answer = wait_for_the_other
    bridge.drain(ratings.spec())

    assert written == [{"rating_id": 1}]
