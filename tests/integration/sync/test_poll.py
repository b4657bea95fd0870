from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from threading import Event

import pytest

from schemas.cention.errand_reports import read_changed_errands
from tests.integration.bridge import RATINGS, REPORTS
from workers.clients.errors import ApiError, Redirected, Unauthorised
from workers.database import advisory_locks
from workers.operations.jobs import housekeeping
from workers.sync.jobs.poll import ChangedList, poll, poll_due
from workers.sync.store import errand_reports

NOTHING = {"data": {"type": "c3_dirty_errand_list", "id": "0"}}


def begun(fetch) -> Future:
    """Fetch at once, as a request on an event loop that has ended."""
    future = Future()
    try:
        future.set_result(fetch())
    except Exception as error:
        future.set_exception(error)
    return future


def changed(fetch, workspace="demo") -> ChangedList:
    return ChangedList(
        workspace=workspace,
        family=REPORTS,
        begin=lambda: begun(fetch),
        parse=read_changed_errands,
        recently_gone=errand_reports.recently_gone_ids,
    )


def listing(*errands: object, workspace="demo") -> ChangedList:
    data = {"type": "c3_dirty_errand_list", "id": "0", "attributes": {"errands": list(errands)}}
    return changed(lambda: {"data": data}, workspace)


def poll_if_due(changed, *, every_s, session) -> int | None:
    """Poll one list as a task does; return whether it named records, ``None`` if not polled."""
    before = polls_of(session)
    listed: list[ChangedList] = []
    poll_due([changed], every_s=every_s, session=session, on_listed=listed.append)
    return len(listed) if polls_of(session) > before else None


def polls_of(session) -> int:
    with session() as conn:
        return conn.execute("SELECT count(*) FROM intake.poll").fetchone()[0]


def last_poll(bridge) -> dict[str, object]:
    return bridge.rows("SELECT family, found, error, ended_at FROM intake.poll ORDER BY poll_id")[
        -1
    ]


def test_changed_errands_are_wanted_before_any_is_fetched(bridge, cention, errand):
    ids = sorted(errand() for _ in range(3))

    found = bridge.poll()

    assert found == 3
    assert bridge.wanted_ids(REPORTS) == ids
    assert sorted(cention.dirty_errands()) == ids
    assert last_poll(bridge)["ended_at"] is not None


def test_changed_facebook_ratings_are_wanted_though_their_list_has_another_shape(bridge, cention):
    ids = sorted(cention.new_rating() for _ in range(3))

    found = bridge.poll(RATINGS)

    assert found == 3
    assert bridge.wanted_ids(RATINGS) == ids


@pytest.mark.parametrize("family", [REPORTS, RATINGS])
def test_an_empty_list_wants_nothing_and_is_no_failure(bridge, family):
    found = bridge.poll(family)

    assert found == 0
    assert last_poll(bridge)["error"] is None


@pytest.mark.parametrize(
    "answer",
    [
        {"data": {"type": "c3_library", "id": "0", "attributes": {"errands": [1]}}},
        {"errors": [{"status": "500", "title": "no"}]},
        {"data": {"type": "c3_dirty_errand_list", "id": "0", "attributes": {"errands": "1,2"}}},
        {},
    ],
)
def test_an_invalid_list_is_a_failed_poll(bridge, answer):
    found = poll(changed(lambda: answer), session=bridge.context.session)

    assert found is None
    assert last_poll(bridge)["found"] is None
    assert last_poll(bridge)["error"]


def test_entries_that_are_no_id_are_dropped_and_counted(bridge):
    found = poll(listing(7, True, None, "8", "x", 2**63), session=bridge.context.session)

    assert found == 2
    assert bridge.wanted_ids() == [7, 8]
    assert last_poll(bridge)["error"] == "4 entries are no id"


def test_of_two_polls_at_once_one_does_nothing(bridge):
    requested, answer = Event(), Event()

    def fetch():
        requested.set()
        assert answer.wait(10)
        return NOTHING

    with ThreadPoolExecutor(1) as executor:
        first = executor.submit(poll, changed(fetch), session=bridge.context.session)
        assert requested.wait(10)
        second = poll(listing(1), session=bridge.context.session)
        answer.set()

    assert (first.result(), second) == (0, None)
    assert bridge.wanted_ids() == []


def test_a_failed_poll_records_why_and_releases_its_lock(bridge, cention):
    cention.control("faults", {"dropped": {"probability": 1, "times": 1}})

    first, second = bridge.poll(), bridge.poll()

    assert (first, second) == (None, 0)
    failed = bridge.rows("SELECT error FROM intake.poll ORDER BY poll_id")[0]
    assert failed["error"].startswith("cention: incomplete response")


def test_a_poll_with_an_internal_error_records_it_before_it_raises(bridge):
    def fetch():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        poll(changed(fetch), session=bridge.context.session)

    assert last_poll(bridge)["error"] == "internal error: ZeroDivisionError"
    assert poll(listing(1), session=bridge.context.session) == 1


@pytest.mark.parametrize("kind", [Unauthorised, Redirected])
def test_a_refused_poll_pauses_its_family_and_no_other(bridge, kind):
    def fetch():
        raise kind("token refused", api="cention", status=401)

    poll(changed(fetch), session=bridge.context.session)

    paused = bridge.rows("SELECT family, reason, until_at > now() AS lasts FROM intake.pause")
    assert paused == [
        {"family": REPORTS, "reason": "cention: token refused (HTTP 401)", "lasts": True}
    ]


def test_a_poll_that_succeeds_ends_the_pause_if_no_record_is_due_to_probe_with(bridge):
    bridge.execute(
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " VALUES ('demo', 'errand_reports', now() + interval '20 s', 'no')"
    )

    poll(changed(lambda: NOTHING), session=bridge.context.session)

    assert bridge.rows("SELECT family FROM intake.pause") == []


def test_a_poll_that_succeeds_does_not_end_the_pause_while_a_record_is_due(bridge, cention, errand):
    """Otherwise every poll would let a whole batch be refused."""
    errand()
    bridge.poll()
    refused = {"probability": 1, "types": ["c3_errand_reports"]}
    cention.control("faults", {"unauthorised": refused})
    bridge.drain()

    bridge.poll()

    assert [row["family"] for row in bridge.rows("SELECT family FROM intake.pause")] == [REPORTS]


def test_of_many_nudges_at_once_one_polls(bridge):
    requested: list[int] = []

    def fetch():
        requested.append(1)
        return NOTHING

    for _ in range(3):
        poll_if_due(changed(fetch), every_s=60, session=bridge.context.session)

    assert len(requested) == 1


def test_no_list_waits_for_the_answer_to_another(bridge):
    answer: Future = Future()
    slow = replace(changed(lambda: NOTHING, "slow"), begin=lambda: answer)
    listed = []

    def on_listed(one):
        listed.append((one.workspace, bridge.wanted_ids()))
        with ThreadPoolExecutor(1) as other:  # others may poll it again, though one is under way
            found = other.submit(poll, listing(8), session=bridge.context.session).result(60)
        listed.append(found)
        answer.set_result(NOTHING)

    poll_due(
        [listing(7), slow],
        every_s=60,
        session=bridge.context.session,
        on_listed=on_listed,
    )

    assert listed == [("demo", [7]), 1]
    ended = bridge.rows("SELECT workspace FROM intake.poll WHERE found = 0")
    assert [row["workspace"] for row in ended] == ["slow"]


@pytest.mark.parametrize("error", [ZeroDivisionError(), Unauthorised("no", api="c", status=401)])
def test_a_list_that_fails_keeps_no_other_from_being_polled(bridge, error):
    def fail():
        raise error

    lists = [changed(fail, "a"), listing(7), changed(fail, "z")]
    expected = nullcontext() if isinstance(error, ApiError) else pytest.raises(ZeroDivisionError)

    with expected:
        poll_due(lists, every_s=60, session=bridge.context.session, on_listed=lambda _: None)

    assert bridge.wanted_ids() == [7]
    failed = bridge.rows("SELECT workspace FROM intake.poll WHERE error IS NOT NULL")
    assert sorted(row["workspace"] for row in failed) == ["a", "z"]


def test_a_list_that_another_process_polls_is_left_out(bridge):
    lists = [listing(7), listing(8, workspace="other")]
    with (
        bridge.context.session() as conn,
        advisory_locks.hold(conn, f"poll/demo/{REPORTS}", slots=1),
    ):
        poll_due(lists, every_s=60, session=bridge.context.session, on_listed=lambda _: None)

    assert bridge.wanted_ids() == [8]


def test_the_next_nudge_repeats_a_failed_poll(bridge):
    def refuse():
        raise Unauthorised("refused", api="cention", status=401)

    poll_if_due(changed(refuse), every_s=60, session=bridge.context.session)

    assert poll_if_due(listing(7), every_s=60, session=bridge.context.session) == 1


@pytest.mark.parametrize(("ago_s", "polled"), [(20, None), (31, 1), (59, 1)])
def test_a_list_read_more_than_half_an_interval_ago_is_read_again(bridge, ago_s, polled):
    poll_if_due(listing(7), every_s=60, session=bridge.context.session)
    bridge.advance_time(ago_s)

    assert poll_if_due(listing(7), every_s=60, session=bridge.context.session) == polled


@pytest.mark.parametrize(
    ("change", "lasts"),
    [
        ("parked_at = now()", False),
        ("due_at = now() + interval '1 hour'", False),
        ("due_at = now() + interval '10 s'", True),
        ("due_at = now() + interval '1 hour', claim = gen_random_uuid()", True),
        ("workspace = 'other'", False),
        ("family = 'facebook_ratings'", False),
    ],
)
def test_a_pause_ends_unless_a_record_of_its_family_may_soon_probe(bridge, change, lasts):
    bridge.want(REPORTS, 7)
    bridge.execute(f"UPDATE intake.wanted SET {change}")
    bridge.execute(
        "INSERT INTO intake.pause (workspace, family, until_at, reason)"
        " VALUES ('demo', 'errand_reports', now() + interval '20 s', 'no')"
    )

    poll(listing(), session=bridge.context.session)

    assert bool(bridge.rows("SELECT FROM intake.pause")) == lasts


def test_attempts_of_more_than_a_week_ago_are_deleted_but_the_last_success_of_each_list(bridge):
    for workspace, family, days, found in (
        ("demo", REPORTS, 9, 1),
        ("demo", REPORTS, 8, 2),
        ("demo", REPORTS, 8, None),
        ("demo", REPORTS, 6, None),
        ("demo", RATINGS, 30, 3),
        ("other", REPORTS, 20, 4),
    ):
        bridge.execute(
            "INSERT INTO intake.poll (workspace, family, started_at, ended_at, found, error)"
            " SELECT %s, %s, at, at, %s, CASE WHEN %s::int IS NULL THEN 'no' END"
            " FROM (SELECT now() - %s * interval '1 day' AS at) AS t",
            workspace, family, found, found, days,
        )  # fmt: skip

    housekeeping.clean_up(bridge.context.session)

    left = bridge.rows(
        "SELECT workspace, family, found FROM intake.poll ORDER BY workspace, family, poll_id"
    )
    assert [tuple(row.values()) for row in left] == [
        ("demo", REPORTS, 2),
        ("demo", REPORTS, None),
        ("demo", RATINGS, 3),
        ("other", REPORTS, 4),
    ]
