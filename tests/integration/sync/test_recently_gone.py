"""Deleted records stay on Cention's list: they are fetched ever more rarely, but still fetched."""

from __future__ import annotations

import pytest

from tests.integration.bridge import RATINGS, REPORTS, raising
from workers.clients.errors import NotFound
from workers.sync.store import wanted

GONE = NotFound("not found", api="cention", status=404)
TABLES = {REPORTS: "cention.errand", RATINGS: "cention.facebook_rating"}


@pytest.fixture(params=[REPORTS, RATINGS])
def family(request):
    return request.param


@pytest.fixture
def missing_record(bridge, cention, errand, family):
    """The id of a record that is listed as changed, and was just not found."""
    remote_id = errand() if family == REPORTS else cention.new_rating()
    bridge.poll(family)
    fetch_twice_without_success(bridge, family)
    return remote_id


def fetch_twice_without_success(bridge, family):
    for _ in range(2):
        bridge.drain(family, fetch=raising(GONE))
        bridge.make_due()
    assert bridge.wanted_ids() == []


def advance_time(bridge, family, *, since_gone, since_fetch):
    bridge.execute(
        f"UPDATE {TABLES[family]} SET gone_at = now() - %s::interval,"
        " fetched_at = now() - %s::interval",
        since_gone,
        since_fetch,
    )


@pytest.mark.parametrize(
    ("since_gone", "since_fetch", "is_wanted"),
    [
        ("29 s", "29 s", False),
        ("31 s", "31 s", True),
        ("9 min", "4 min", False),  # gone for five minutes at that fetch
        ("11 min", "6 min", True),
        ("3 days", "14 min", False),
        ("3 days", "16 min", True),
    ],
)
def test_a_gone_record_waits_for_as_long_as_it_was_gone_and_at_most_fifteen_minutes(
    bridge, family, missing_record, since_gone, since_fetch, is_wanted
):
    advance_time(bridge, family, since_gone=since_gone, since_fetch=since_fetch)

    found = bridge.poll(family)

    assert found == 1
    assert bridge.wanted_ids() == ([missing_record] if is_wanted else [])


def test_each_fetch_that_does_not_find_a_record_prolongs_its_wait(bridge, family, missing_record):
    advance_time(bridge, family, since_gone="5 min", since_fetch="4 min")
    bridge.poll(family)
    fetch_twice_without_success(bridge, family)
    query = f"SELECT fetched_at - gone_at > interval '4 min' AS longer FROM {TABLES[family]}"

    bridge.poll(family)

    assert bridge.rows(query) == [{"longer": True}]
    assert bridge.wanted_ids() == []


def test_a_restored_record_is_stored_after_its_wait(bridge, family, missing_record):
    bridge.poll(family)
    assert bridge.wanted_ids() == []

    advance_time(bridge, family, since_gone="3 days", since_fetch="901 s")
    bridge.poll(family)
    bridge.drain(family)

    assert bridge.wanted_ids() == []
    assert bridge.rows(f"SELECT gone_at FROM {TABLES[family]}") == [{"gone_at": None}]


@pytest.mark.parametrize("want", [wanted.want, wanted.want_now])
def test_a_gone_record_wanted_by_a_callback_or_an_operator_does_not_wait(
    bridge, family, missing_record, want
):
    with bridge.context.transaction() as conn:
        want(conn, "demo", family, [missing_record])

    assert bridge.drain(family).claimed == 1
    assert bridge.rows(f"SELECT gone_at FROM {TABLES[family]}") == [{"gone_at": None}]


def test_a_database_clock_that_is_set_back_prolongs_no_wait(bridge, family, missing_record):
    advance_time(bridge, family, since_gone="-1 day", since_fetch="-1 day")

    bridge.poll(family)

    assert bridge.wanted_ids() == [missing_record]


def test_a_gone_record_that_waits_is_not_counted_as_missing(bridge, family, missing_record):
    reported = "SELECT remote_id, reported_at FROM intake.reported"
    before = bridge.rows(reported)

    bridge.poll(family)

    assert bridge.rows(reported) == before
    assert bridge.rows("SELECT state FROM intake.report") == [{"state": "gone"}]
