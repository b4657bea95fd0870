"""Which sessions wait for their vendor: every combination of states, for every query that asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from tests.support.databases import database_copy
from workers.surveys.store import conversations, sessions
from workers.surveys.store.conversations import Settled

RUN = UUID(int=1)
NOW = datetime.now(UTC)
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(days=1)  # however long the run takes
VENDORS = ("centracx", "alvaria", "own")
ALL = """
INSERT INTO feedback.session (
    workspace, vendor, origin, state, verified, question, context, outcome_state, sent_by,
    not_before, started_at, completed_at
)
SELECT 'demo', vendor, origin, state, verified, question::jsonb, context::jsonb, outcome_state,
       sent_by, not_before, %(started_at)s, CASE WHEN state <> 'open' THEN %(started_at)s END
FROM unnest(%(vendors)s::text[]) AS vendor,
     unnest('{page, import}'::text[]) AS origin,
     unnest('{open, complete, partial, stuck, gone}'::text[]) AS state,
     unnest('{true, false}'::boolean[]) AS verified,
     unnest('{null, "{}"}'::text[]) AS question,
     unnest('{null, "{}"}'::text[]) AS context,
     unnest('{no, sending, taken, refused, unknown}'::text[]) AS outcome_state,
     unnest(%(runs)s::uuid[]) AS sent_by,
     unnest(%(moments)s::timestamptz[]) AS not_before
"""


@pytest.fixture(scope="module")
def stored(postgres, template):
    """A database with a session of every combination, all of them begun two days ago."""
    with (
        database_copy(postgres, template) as url,
        psycopg.connect(url, autocommit=True, row_factory=namedtuple_row) as conn,
    ):
        parameters = {
            "vendors": list(VENDORS),
            "runs": [None, RUN],
            "moments": [None, EARLIER, LATER],
            "started_at": NOW - timedelta(days=2),
        }
        conn.execute(ALL, parameters)
        conn.execute("ANALYZE")
        yield conn


@pytest.fixture
def conn(stored):
    """That database; what a test changes in it is undone."""
    with stored.transaction(force_rollback=True):
        yield stored


def rows(conn):
    return conn.execute("SELECT * FROM feedback.session").fetchall()


def changed_since(before, conn):
    """The rows that are not as they were before."""
    former = {row.session_id: row for row in before}
    return [row for row in rows(conn) if row != former[row.session_id]]


def waits(row):
    """Whether a customer, or a chat, waits for what the vendor has to say, or to be told."""
    if row.vendor == "centracx":
        return row.state == "open" and row.question is None
    if row.vendor == "alvaria" and row.state == "open":
        return not row.verified and row.context is None
    return (
        row.vendor == "alvaria"
        and row.state in {"complete", "partial"}
        and row.outcome_state == "no"
    )


def waits_on_our_page(row):
    return waits(row) and row.origin == "page" and row.sent_by is None


def waits_now(row):
    return waits_on_our_page(row) and row.not_before in {None, EARLIER}


def ids(all_rows, condition):
    return {row.session_id for row in all_rows if condition(row)}


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_sessions_that_wait_now_are_claimed_and_no_others(conn, vendor):
    expected = ids(rows(conn), lambda row: row.vendor == vendor and waits_now(row))

    assert conversations.claim(conn, "other", vendor, run=uuid4(), limit=10_000) == []
    claimed = conversations.claim(conn, "demo", vendor, run=uuid4(), limit=10_000)
    assert {one.session_id for one in claimed} == expected


def test_the_oldest_are_claimed_as_many_as_asked_for_and_returned_in_their_order(conn):
    expected = sorted(ids(rows(conn), lambda row: row.vendor == "alvaria" and waits_now(row)))

    claimed = conversations.claim(conn, "demo", "alvaria", run=uuid4(), limit=5)

    assert [one.session_id for one in claimed] == expected[:5]


def test_what_one_worker_claims_is_left_out_by_another_that_does_not_wait_for_it(
    postgres, template
):
    with database_copy(postgres, template) as url, psycopg.connect(url) as first:
        first.execute(
            "INSERT INTO feedback.session (workspace, vendor, origin, state, verified)"
            " SELECT 'demo', 'centracx', 'page', 'open', true FROM generate_series(1, 2)"
        )
        first.commit()
        with psycopg.connect(url) as second:
            second.execute("SET lock_timeout = '10s'")
            mine = conversations.claim(first, "demo", "centracx", run=uuid4(), limit=1)
            others = conversations.claim(second, "demo", "centracx", run=uuid4(), limit=2)

    assert [one.session_id for one in mine] == [1]
    assert [one.session_id for one in others] == [2]


@pytest.mark.parametrize("vendor", VENDORS)
def test_something_waits_for_a_vendor_exactly_while_a_session_could_be_claimed(conn, vendor):
    waiting = [row for row in rows(conn) if row.vendor == vendor and waits_now(row)]
    one_of_each = {(row.state, row.not_before): row.session_id for row in waiting}
    conn.execute(
        "DELETE FROM feedback.session WHERE session_id = ANY (%s)",
        [[row.session_id for row in waiting if row.session_id not in one_of_each.values()]],
    )

    for session_id in one_of_each.values():
        assert conversations.any_waiting(conn, "demo", vendor)
        assert not conversations.any_waiting(conn, "other", vendor)
        conn.execute("DELETE FROM feedback.session WHERE session_id = %s", [session_id])
    assert not conversations.any_waiting(conn, "demo", vendor)


@pytest.mark.parametrize("has_account", [True, False])
@pytest.mark.parametrize("vendor", VENDORS)
def test_given_up_is_what_waited_too_long_for_a_vendor_that_could_not_be_asked(
    conn, vendor, has_account
):
    before = rows(conn)

    def in_vain(row):
        asked_in_vain = row.not_before is not None or not has_account
        return row.vendor == vendor and waits_on_our_page(row) and asked_in_vain

    number = conversations.give_up(conn, "demo", vendor, within_s=3600, has_account=has_account)

    changed = changed_since(before, conn)
    assert {row.session_id for row in changed} == ids(before, in_vain)
    assert number == len(changed)
    assert all(row.state == "stuck" for row in changed if vendor == "centracx")
    assert not any(waits(row) for row in changed)


def test_nothing_is_given_up_before_its_time(conn):
    for vendor in VENDORS:
        assert not conversations.give_up(
            conn, "demo", vendor, within_s=3 * 86_400, has_account=False
        )
        assert not conversations.give_up(conn, "other", vendor, within_s=0, has_account=False)


def test_figures_count_what_waits_for_each_vendor_and_what_has_a_problem(conn):
    every = rows(conn)

    def number(condition, vendor):
        return len(ids(every, lambda row: row.vendor == vendor and condition(row)))

    def waits_or_is_handed_over(row):
        is_handed_over = row.state in {"complete", "partial"} and row.outcome_state == "sending"
        by_us = row.vendor == "alvaria" and is_handed_over
        return row.origin == "page" and (waits(row) or by_us)

    figures = {one.vendor: one for one in conversations.figures(conn)}

    for vendor in VENDORS:
        assert figures[vendor].waiting == number(waits_or_is_handed_over, vendor)
        assert figures[vendor].stuck == number(lambda row: row.state == "stuck", vendor)
        assert figures[vendor].unknown == number(lambda row: row.outcome_state == "unknown", vendor)


def test_the_problems_are_the_stuck_and_the_unknown_the_newest_first(conn):
    conn.execute("UPDATE feedback.session SET started_at = started_at + session_id * interval '1s'")
    conn.execute("UPDATE feedback.session SET workspace = 'other' WHERE session_id % 2 = 0")
    bad = [row for row in rows(conn) if row.state == "stuck" or row.outcome_state == "unknown"]
    newest = sorted((row.session_id for row in bad), reverse=True)

    def listed(workspace, limit):
        found = conversations.problems(conn, workspace, limit=limit)
        return [one.session_id for one in found]

    assert listed(None, 10_000) == newest
    assert listed(None, 3) == newest[:3]
    assert listed("other", 10_000) == [one for one in newest if one % 2 == 0]


def test_only_a_survey_that_is_open_is_ended_before_its_last_question(conn):
    before = rows(conn)

    for row in before[::7]:
        assert sessions.end(conn, "demo", row.session_id) is (row.state == "open")

    changed = changed_since(before, conn)
    assert {row.session_id for row in changed} == ids(before[::7], lambda row: row.state == "open")
    assert {(row.state, row.question) for row in changed} == {("partial", None)}


def test_a_chat_that_its_customer_left_a_day_ago_is_ended_unless_it_is_held(conn):
    before = rows(conn)
    conn.execute("UPDATE feedback.session SET started_at = now() WHERE session_id % 2 = 0")

    def left(row):
        is_ours = row.vendor == "alvaria" and row.origin == "page" and row.sent_by is None
        return is_ours and row.state == "open" and row.session_id % 2 == 1

    number = conversations.end_left(conn)

    ended = ids(before, left)
    states = {row.session_id: (row.state, row.outcome_state) for row in rows(conn)}
    assert number == len(ended)
    assert {states[one] for one in ended} == {("partial", "refused")}
    assert all(
        states[row.session_id][0] == row.state for row in before if row.session_id not in ended
    )


def test_a_run_settles_and_releases_its_own_sessions_alone(conn):
    before = rows(conn)
    conn.execute(
        "INSERT INTO feedback.answer (workspace, session_id, position, kind, forwarded)"
        " SELECT workspace, session_id, at, 'text', CASE at WHEN 1 THEN 'taken' ELSE 'sending' END"
        " FROM feedback.session, generate_series(1, 2) AS at"
    )
    answers = conn.execute("SELECT * FROM feedback.answer").fetchall()
    settled = Settled(state="gone", forwarded="refused", positions=[1, 2])

    for row in before[::50]:
        conversations.settle(conn, "demo", row.session_id, settled, run=uuid4())
    conversations.release_abandoned(conn, uuid4())
    assert rows(conn) == before
    assert conn.execute("SELECT * FROM feedback.answer").fetchall() == answers

    conversations.release_abandoned(conn, RUN)

    held = ids(before, lambda row: row.sent_by == RUN)
    now = {row.session_id: row for row in rows(conn)}
    for row in before:
        was_sending = row.session_id in held and row.outcome_state == "sending"
        assert now[row.session_id].outcome_state == (
            "unknown" if was_sending else row.outcome_state
        )
        assert now[row.session_id].sent_by is None
    unknown = conn.execute("SELECT * FROM feedback.answer WHERE forwarded = 'unknown'").fetchall()
    assert {(one.session_id, one.position) for one in unknown} == {(one, 2) for one in held}
