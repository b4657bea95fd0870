"""The log of log-ins and log-outs is fetched completely, in windows that overlap."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from psycopg.errors import RaiseException

from workers import wiring
from workers.clients.errors import Busy, InvalidResponse
from workers.config.names import Mirror
from workers.mirrors.jobs.agent_logons import (
    OVERLAP,
    WINDOW,
    WINDOWS_AT_ONCE,
    agent_logons_mirror,
    fetch_window,
    pull,
    windows,
)
from workers.mirrors.jobs.refresh import RefreshResult, refresh, refresh_if_due
from workers.mirrors.store import agent_logons as store

DAY = timedelta(days=1)


@pytest.fixture
def add_logon(cention):
    """Let an agent log in or out, ``ago`` before now."""

    def write(*, ago=timedelta(), times=1, **event):
        at = int(time.time() - ago.total_seconds())
        for _ in range(times):
            cention.control("logons", {"timestamp": at} | event)
        return datetime.fromtimestamp(at, UTC)

    return write


@pytest.fixture
def refresh_logons(bridge):
    spec = bridge.context.mirrors["demo", Mirror.AGENT_LOGONS]
    return lambda: refresh(spec, session=bridge.context.session).records


def stored(bridge, *columns):
    names = columns or ("login_name", "happened_at", "action", "occurrence")
    found = bridge.rows(
        "SELECT * FROM cention.agent_logon ORDER BY happened_at, login_name, action, occurrence"
    )
    return [tuple(row[name] for name in names) for row in found]


def reach(bridge):
    with bridge.context.session() as conn:
        return store.coverage(conn, "demo")


@pytest.fixture
def api(settings):
    return wiring.logio_api(settings, settings.workspaces[0])


class ScriptedLog:
    """A log that records the requested windows, and fails as the test wants."""

    def __init__(self, *answers):
        self.requested = []
        self._answers = list(answers)

    def fetch(self, since, until, *, login_name=None):
        self.requested.append((since, until))
        answer = self._answers.pop(0) if self._answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer

    def spec(self, *, first_days=7):
        return agent_logons_mirror("demo", self, every_s=600, first_days=first_days)


def test_the_first_refresh_fetches_the_last_seven_days(bridge, add_logon, refresh_logons):
    add_logon(ago=DAY * 6, name="joe", action="Login")
    add_logon(ago=DAY * 5, name="joe", action="Logout")
    add_logon(ago=DAY * 8, name="too long ago")

    assert refresh_logons() == 2
    assert stored(bridge, "login_name", "action") == [("joe", "Login"), ("joe", "Logout")]
    assert reach(bridge).now - reach(bridge).until_at < timedelta(minutes=1)


def test_later_refreshes_fetch_new_log_ons_and_store_none_twice(bridge, add_logon, refresh_logons):
    add_logon(ago=timedelta(minutes=5), times=2)
    assert refresh_logons() == 2

    add_logon(ago=timedelta(seconds=1), action="Logout")

    assert refresh_logons() == 1
    assert refresh_logons() == 0
    assert stored(bridge, "action", "occurrence") == [("Login", 1), ("Login", 2), ("Logout", 1)]


def test_an_event_that_cention_logs_late_is_found_in_the_overlap(bridge, add_logon, refresh_logons):
    refresh_logons()

    add_logon(ago=timedelta(minutes=9), name="late")

    assert refresh_logons() == 1


def test_a_second_that_was_not_over_when_requested_is_completed_by_the_next_window(
    bridge, refresh_logons, add_logon
):
    at = add_logon(name="joe", ago=timedelta(seconds=2))
    refresh_logons()

    add_logon(name="joe", ago=datetime.now(UTC) - at, times=2)

    assert refresh_logons() == 2
    assert stored(bridge) == [("joe", at, "Login", n) for n in (1, 2, 3)]


def test_log_ons_of_other_system_groups_are_not_fetched_with_this_token(
    bridge, add_logon, refresh_logons
):
    add_logon(name="otto", group="B", ago=timedelta(minutes=1))

    assert refresh_logons() == 0


def test_the_stored_log_ons_do_not_depend_on_the_windows(bridge, cention, api):
    """Each window is fetched by itself, in any order; some end within a second of many events."""
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    for second in range(12):
        at = int(begin.timestamp()) + second
        for times in range(second % 4):
            cention.control("logons", {"name": f"a{times % 2}", "timestamp": at})
    for first in (6, 0, 9, 3, 3, 1):
        for length in (1, 2, 3, 4):
            since = begin + timedelta(seconds=first)
            fetch_window(
                bridge.context.session, "demo", api, since, since + timedelta(seconds=length)
            )
    in_pieces = stored(bridge)

    bridge.execute("TRUNCATE cention.agent_logon")
    fetch_window(bridge.context.session, "demo", api, begin, begin + timedelta(seconds=13))

    assert in_pieces == stored(bridge)
    assert len(in_pieces) == 18


def row(at, **changes):
    return {"id": 1, "name": "joe", "timestamp": int(at.timestamp()), "action": "Login"} | changes


def test_a_long_period_is_split_into_overlapping_windows_of_a_week():
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    found = list(windows(begin, begin + DAY * 20))

    assert [since for since, _ in found] == [
        begin + (WINDOW - OVERLAP) * number for number in range(3)
    ]
    assert found[-1][1] == begin + DAY * 20
    assert {until - since for since, until in found[:-1]} == {WINDOW}
    assert list(windows(begin, begin)) == []
    assert list(windows(begin, begin + WINDOW)) == [(begin, begin + WINDOW)]


def test_a_refresh_continues_from_the_last_success_with_an_overlap(bridge):
    log = ScriptedLog()
    refresh(log.spec(), session=bridge.context.session)
    until = reach(bridge).until_at

    refresh(log.spec(), session=bridge.context.session)

    assert log.requested[-1][0] == until - OVERLAP


def test_after_an_outage_the_whole_gap_is_fetched(bridge):
    log = ScriptedLog()
    refresh(log.spec(), session=bridge.context.session)
    bridge.execute("UPDATE intake.agent_logon_reach SET until_at = now() - interval '20 days'")
    left = reach(bridge).until_at
    log.requested.clear()

    refresh(log.spec(), session=bridge.context.session)

    assert log.requested[0][0] == left - OVERLAP
    assert len(log.requested) == 3
    assert all(since < until for (_, until), (since, _) in pairwise(log.requested))


@pytest.mark.parametrize(
    "failure",
    [
        Busy("overloaded or unavailable", api="cention", status=503),
        InvalidResponse("no JSON list", api="cention", status=200),
    ],
)
def test_a_refresh_that_fails_midway_keeps_its_rows_and_leaves_no_gap(bridge, failure):
    first = datetime.now(UTC) - DAY * 19
    log = ScriptedLog([row(first)], failure)
    spec = log.spec(first_days=20)

    assert refresh_if_due(spec, session=bridge.context.session) is None
    assert len(stored(bridge)) == 1
    (_, until), (failed_since, failed_until) = log.requested

    log.requested.clear()
    bridge.advance_time(31)
    assert refresh_if_due(spec, session=bridge.context.session) == RefreshResult(records=0)
    assert log.requested[0][0] == until - OVERLAP == failed_since
    assert log.requested[0][1] == failed_until


def test_rows_and_their_coverage_are_written_in_one_transaction(bridge):
    """Otherwise a refresh killed between the two would skip its window."""
    bridge.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE 'disk full'; END $$;"
        " CREATE TRIGGER fail BEFORE INSERT ON intake.agent_logon_reach"
        " EXECUTE FUNCTION fail()"
    )
    log = ScriptedLog([row(datetime.now(UTC))])

    with pytest.raises(RaiseException):
        refresh(log.spec(), session=bridge.context.session)

    assert stored(bridge) == []
    assert reach(bridge).until_at is None


def test_a_long_history_is_fetched_in_several_refreshes(bridge):
    log = ScriptedLog()
    spec = log.spec(first_days=7 * (WINDOWS_AT_ONCE + 2))

    refresh(spec, session=bridge.context.session)
    assert len(log.requested) == WINDOWS_AT_ONCE

    refresh(spec, session=bridge.context.session)
    assert log.requested[WINDOWS_AT_ONCE][0] == log.requested[WINDOWS_AT_ONCE - 1][1] - OVERLAP
    assert reach(bridge).now - log.requested[-1][1] < timedelta(minutes=1)


def test_a_clock_that_was_ahead_leaves_no_gap_when_it_is_corrected(bridge):
    log = ScriptedLog()
    bridge.execute("INSERT INTO intake.agent_logon_reach VALUES ('demo', now() + interval '1 day')")

    refresh(log.spec(), session=bridge.context.session)

    assert log.requested[0][0] <= reach(bridge).now - OVERLAP
    assert reach(bridge).until_at <= reach(bridge).now


def test_pulling_past_log_ons_does_not_change_the_coverage(bridge, add_logon, refresh_logons, api):
    refresh_logons()
    before = reach(bridge).until_at
    add_logon(ago=DAY * 400, name="old")
    add_logon(ago=DAY * 390, name="old", action="Logout")
    now = datetime.now(UTC)
    counts = []

    found = pull(
        "demo",
        api,
        now - DAY * 401,
        now - DAY * 380,
        session=bridge.context.session,
        on_progress=counts.append,
    )

    assert (found, sum(counts), len(counts)) == (2, 2, 4)
    assert reach(bridge).until_at == before


def test_the_log_ons_of_one_agent_can_be_pulled(bridge, add_logon, api):
    add_logon(name="Doe, Jane", ago=timedelta(minutes=1))
    add_logon(name="joe", ago=timedelta(minutes=1))
    now = datetime.now(UTC)

    pull("demo", api, now - DAY, now, login_name="Doe, Jane", session=bridge.context.session)

    assert stored(bridge, "login_name") == [("Doe, Jane",)]


ODD = ["1", "Doe", " Jane", "1554108462", "Login"]


def test_rows_that_are_not_log_ons_are_stored_apart_once_and_block_nothing(bridge):
    now = datetime.now(UTC)
    log = ScriptedLog([ODD, row(now)], [["7", *ODD[1:]], {"id": 3}, row(now)])
    refresh(log.spec(), session=bridge.context.session)
    refresh(log.spec(), session=bridge.context.session)

    rejected = bridge.rows("SELECT row, problem FROM intake.odd_logon ORDER BY problem")

    assert [(one["row"], one["problem"]) for one in rejected] == [
        (ODD[1:], "has 5 columns and not 4"),
        ({}, "timestamp is missing"),
    ]
    assert len(stored(bridge)) == 1


def test_equal_rejected_rows_of_one_answer_are_stored_once(bridge):
    refresh(ScriptedLog([ODD, ODD]).spec(), session=bridge.context.session)

    assert len(bridge.rows("SELECT FROM intake.odd_logon")) == 1


def test_a_name_with_characters_that_postgres_rejects_is_stored(bridge):
    now = datetime.now(UTC)
    refresh(ScriptedLog([row(now, name="j\0\ud800")]).spec(), session=bridge.context.session)

    assert stored(bridge, "login_name") == [("j\ufffd\ufffd",)]


@pytest.mark.parametrize("fault", ["dropped", "truncated", "broken_json", "login_page", "busy"])
def test_an_invalid_answer_does_not_extend_the_coverage(bridge, cention, add_logon, fault):
    add_logon(ago=timedelta(minutes=1))
    cention.control("faults", {fault: {"types": ["logio"], "times": 1}})
    spec = bridge.context.mirrors["demo", Mirror.AGENT_LOGONS]

    assert refresh_if_due(spec, session=bridge.context.session) is None
    assert reach(bridge).until_at is None

    bridge.advance_time(31)
    assert refresh_if_due(spec, session=bridge.context.session) == RefreshResult(records=1)
