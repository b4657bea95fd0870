"""Which invitations are read, in which order, and how many: beside others that are not meant."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.support.databases import run_query
from workers.surveys.store import answers, invitations, invited
from workers.surveys.store.invited import Scope

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANN = hashlib.sha256(b"ann").digest()
RULE = """
WITH file AS (
    INSERT INTO feedback.rules_file (workspace, version, document, sha256)
    VALUES (%(workspace)s, 1, '{}', sha256('file'))
)
INSERT INTO feedback.rule (workspace, name, version, document, sha256)
SELECT %(workspace)s, name, 1, '{}', sha256('rule') FROM unnest('{csat, other}'::text[]) AS name
"""
INSERT = """
INSERT INTO feedback.invitation (
    workspace, reference, errand_id, thread_id, agent_id, rule, rule_version, vendor, survey,
    channel, contact, person_sha256, event_at, due_at, send_until, expires_at, state, sent_at,
    sent_by
)
VALUES (
    %(workspace)s, gen_random_uuid()::text, %(errand_id)s, %(thread_id)s, %(agent_id)s, %(rule)s, 1,
    %(vendor)s, '{}', 'email', 'a', sha256(%(person)s), %(due_at)s, %(due_at)s, %(send_until)s,
    %(send_until)s, %(state)s, %(sent_at)s, gen_random_uuid()
)
RETURNING invitation_id
"""


@pytest.fixture
def conn(database):
    with psycopg.connect(database, autocommit=True) as conn:
        for workspace in ("demo", "other"):
            conn.execute(RULE, {"workspace": workspace})
        yield conn


@pytest.fixture
def add(conn):
    """Add an invitation, each to another person unless one is named; return its id."""

    def invitation(**given):
        errand_id = len(added) + 1
        parameters = {
            "workspace": "demo",
            "errand_id": errand_id,
            "thread_id": None,
            "agent_id": None,
            "rule": "csat",
            "vendor": "digidesk",
            "person": f"person {errand_id}",
            "due_at": NOW,
            "send_until": NOW + DAY,
            "state": "due",
            "sent_at": None,
        } | given
        if parameters["state"] != "due" and parameters["sent_at"] is None:
            parameters["sent_at"] = parameters["due_at"]
        added.append(conn.execute(INSERT, parameters).fetchone()[0])
        return added[-1]

    added: list[int] = []
    return invitation


def test_due_are_those_of_the_vendor_whose_time_has_come_the_oldest_first(conn, add):
    newest, oldest, middle = (add(due_at=NOW - hours * HOUR) for hours in (1, 3, 2))
    add(due_at=NOW + HOUR)
    add(vendor="customer_radar", due_at=NOW - 9 * HOUR)
    add(workspace="other", due_at=NOW - 9 * HOUR)
    for state in ("sending", "triggered", "refused", "unknown", "withdrawn"):
        add(state=state, due_at=NOW - 9 * HOUR)

    def due(limit):
        found = invitations.due(conn, "demo", "digidesk", limit=limit, now=NOW)
        return [one.invitation_id for one in found]

    assert due(9) == [oldest, middle, newest]
    assert due(2) == [oldest, middle]


def test_what_another_has_locked_is_left_out_and_not_waited_for(database, conn, add):
    first, second = add(due_at=NOW - 2 * HOUR), add(due_at=NOW - HOUR)
    with psycopg.connect(database) as one, psycopg.connect(database) as other:
        other.execute("SET lock_timeout = '10s'")
        mine = invitations.due(one, "demo", "digidesk", limit=1, now=NOW)
        others = invitations.due(other, "demo", "digidesk", limit=2, now=NOW)

    assert [each.invitation_id for each in mine] == [first]
    assert [each.invitation_id for each in others] == [second]


def test_something_is_due_when_its_time_has_come_and_not_before(conn, add):
    def any_due():
        return invitations.any_due(conn, "demo", "digidesk", now=NOW)

    add(workspace="other")
    add(vendor="customer_radar")
    add(due_at=NOW + HOUR)
    add(state="unknown")
    assert not any_due()
    add()
    assert any_due()


def test_the_list_has_the_newest_first_by_when_they_were_sent_and_those_of_a_state(conn, add):
    due = add(due_at=NOW)
    sent_late = add(state="triggered", due_at=NOW - 5 * DAY, sent_at=NOW + HOUR)
    sent_early = add(state="triggered", due_at=NOW - 3 * DAY, sent_at=NOW - 2 * DAY)
    other = add(workspace="other", state="triggered", due_at=NOW - DAY, sent_at=NOW - DAY)

    query = "SELECT reference, invitation_id FROM feedback.invitation"
    ids = dict(conn.execute(query).fetchall())

    def listed(workspace, *, state=None, limit=9):
        found = invitations.listed(conn, workspace, state=state, limit=limit)
        return [ids[one.reference] for one in found]

    assert listed(None) == [sent_late, due, other, sent_early]
    assert listed("demo") == [sent_late, due, sent_early]
    assert listed("demo", state="triggered") == [sent_late, sent_early]
    assert listed(None, limit=2) == [sent_late, due]


def test_unknown_outcomes_are_listed_with_the_oldest_request_first(conn, add):
    late = add(state="unknown", sent_at=NOW - HOUR)
    early = add(state="unknown", sent_at=NOW - 3 * HOUR)
    other = add(workspace="other", state="unknown", sent_at=NOW - 2 * HOUR)
    add(state="triggered", sent_at=NOW - 9 * HOUR)

    def unknown(workspace):
        return [one.invitation_id for one in invitations.unknown(conn, workspace)]

    assert unknown(None) == [early, other, late]
    assert unknown("demo") == [early, late]


def test_an_invitation_counts_on_the_day_on_which_it_was_sent_and_not_on_which_it_was_due(
    conn, add
):
    add(state="triggered", due_at=NOW - DAY, sent_at=NOW)
    add(state="withdrawn")
    add(state="refused")
    scope = Scope(workspace="demo", timezone="UTC", days_from=NOW - 2 * DAY)

    history = invited.history(conn, scope, persons=[], threads=[])

    assert history.invited_on("csat", NOW.date()) == 1
    assert history.invited_on("csat", (NOW - DAY).date()) == 0


def past(conn, **scope):
    """Return the past of the person ann and of the threads 5 and 6, by the clock of Stockholm."""
    known = {"workspace": "demo", "timezone": "Europe/Stockholm", "days_from": NOW - 9 * DAY}
    return invited.history(conn, Scope(**known | scope), persons=[ANN], threads=[5, 6])


def counted(history):
    """Return what is known of ann, of thread 5, and of this day for all and for agent 3."""
    return (
        history.last_invited(ANN) is not None,
        5 in history.threads,
        history.invited_on("csat", NOW.date()),
        history.invited_for("csat", NOW.date(), 3),
    )


COUNTED, NOT_COUNTED = (True, True, 1, 1), (False, False, 0, 0)


@pytest.mark.parametrize(
    ("state", "expected", "is_waiting"),
    [
        ("due", COUNTED, True),
        ("sending", COUNTED, True),
        ("triggered", COUNTED, False),
        ("unknown", COUNTED, False),
        ("refused", NOT_COUNTED, False),
        ("withdrawn", NOT_COUNTED, False),
    ],
)
def test_of_the_past_counts_what_may_have_reached_the_person_or_will(
    conn, add, state, expected, is_waiting
):
    add(state=state, person="ann", thread_id=5, agent_id=3)
    add(state="triggered", person="bo", thread_id=7)
    add(workspace="other", state="triggered", person="ann", thread_id=6)

    found = past(conn, days_from=NOW)

    assert (counted(found)[:2], counted(found)[3]) == (expected[:2], expected[3])
    assert found.invited_on("csat", NOW.date()) == expected[2] + 1
    assert (ANN in found.waiting, found.threads - {5}) == (is_waiting, set())


def test_a_preview_counts_what_was_due_before_its_days_and_nothing_else(conn, add):
    add(state="triggered", person="ann", thread_id=5, agent_id=3)

    assert counted(past(conn, before=NOW)) == NOT_COUNTED
    assert counted(past(conn, before=NOW + HOUR)) == COUNTED


def test_an_errand_is_judged_beside_the_invitations_of_others_and_not_beside_its_own(conn, add):
    add(errand_id=71, state="triggered", person="ann", thread_id=5, agent_id=3)

    assert counted(past(conn, but_errand=71)) == NOT_COUNTED
    assert counted(past(conn, but_errand=72)) == COUNTED


def test_a_person_was_last_invited_by_each_rule_when_its_last_message_left(conn, add):
    add(state="triggered", person="ann", due_at=NOW - 3 * DAY, sent_at=NOW - 2 * DAY)
    add(state="triggered", person="ann", due_at=NOW - 4 * DAY)
    add(state="unknown", person="ann", due_at=NOW - DAY, rule="other")

    found = past(conn)

    assert found.last_invited(ANN) == found.last_invited(ANN, "other") == NOW - DAY
    assert found.last_invited(ANN, "csat") == NOW - 2 * DAY


def test_daily_numbers_are_those_of_the_workspaces_days_by_rule_and_agent(conn, add):
    midnight = NOW.replace(hour=23)  # in Stockholm
    for due_at, rule, agent_id in (
        (midnight - timedelta(seconds=1), "csat", 3),
        (midnight, "csat", 3),
        (midnight, "csat", None),
        (midnight, "other", 3),
    ):
        add(state="triggered", due_at=due_at, rule=rule, agent_id=agent_id)

    found = past(conn, days_from=midnight + HOUR)

    tomorrow = (NOW + DAY).date()
    assert found.invited_on("csat", NOW.date()) == 0
    assert (found.invited_on("csat", tomorrow), found.invited_on("other", tomorrow)) == (2, 1)
    assert found.invited_for("csat", tomorrow, 3) == 1
    assert found.invited_for("csat", tomorrow, None) == 1


def test_a_person_answered_each_survey_at_its_last_answer(conn, add):
    mine = [add(state="triggered", person="ann", due_at=NOW - days * DAY) for days in (2, 1)]
    mine.append(add(state="triggered", person="bo"))
    for invitation_id, hours in zip(mine, ((5, 4), (3, 1), (2, 0)), strict=True):
        (session_id,) = conn.execute(
            "INSERT INTO feedback.session (workspace, invitation_id, vendor, origin, state,"
            " verified) VALUES ('demo', %s, 'digidesk', 'import', 'complete', true)"
            " RETURNING session_id",
            [invitation_id],
        ).fetchone()
        for position, before in enumerate(hours, 1):
            conn.execute(
                "INSERT INTO feedback.answer (workspace, session_id, position, kind, answered_at)"
                " VALUES ('demo', %s, %s, 'text', %s)",
                [session_id, position, NOW - before * HOUR],
            )

    found = past(conn)

    assert found.last_answered(ANN, until=NOW) == NOW - HOUR
    assert found.last_answered(ANN, until=NOW - 2 * HOUR) == NOW - 4 * HOUR


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"state": "triggered", "hours": -1}, "due"),  # sent before this one
        ({"state": "unknown", "hours": -1}, "due"),
        ({"state": "triggered", "hours": 1}, "withdrawn"),
        ({"state": "unknown", "hours": 1}, "withdrawn"),
        ({"state": "due", "hours": -1}, "withdrawn"),
        ({"state": "sending", "hours": -1}, "withdrawn"),
        ({"state": "refused", "hours": 1}, "due"),
        ({"state": "withdrawn", "hours": 1}, "due"),
        ({"state": "triggered", "hours": 1, "person": "bo"}, "due"),
        ({"state": "triggered", "hours": 1, "workspace": "other"}, "due"),
    ],
)
def test_a_message_that_is_missing_is_sent_again_unless_the_person_has_another_since_then(
    conn, add, other, expected
):
    sent_at = datetime.now(UTC) - 2 * HOUR
    until = {"send_until": sent_at + DAY, "due_at": sent_at}
    missing = add(state="unknown", sent_at=sent_at, person="ann", **until)
    hours = other.pop("hours")
    add(**{"person": "ann", "sent_at": sent_at + hours * HOUR} | until | other)

    assert invitations.resolve_missing(conn, "demo", missing, after_s=600) == expected


@pytest.mark.parametrize(
    ("vendor", "paused", "expected"),
    [
        ("digidesk", None, "too_late"),
        ("digidesk", "digidesk", "vendor_off"),
        ("digidesk", "customer_radar", "too_late"),
        ("digidesk", "mail", "too_late"),
        ("own", "mail", "vendor_off"),
        ("centracx", "mail", "vendor_off"),
        ("centracx", "centracx", "vendor_off"),
        ("customer_radar", None, "vendor_off"),  # it has no account
    ],
)
def test_what_is_overdue_is_withdrawn_with_what_it_waited_for(conn, add, vendor, paused, expected):
    overdue = add(vendor=vendor, send_until=NOW - HOUR)
    add(vendor=vendor)
    add(vendor=vendor, workspace="other", send_until=NOW - HOUR)
    add(vendor=vendor, state="triggered", send_until=NOW - HOUR)
    pause = "INSERT INTO feedback.vendor (workspace, vendor, paused_until, reason) VALUES"
    if paused:
        conn.execute(f"{pause} ('demo', %s, now(), 'refused')", [paused])
    else:
        conn.execute(f"{pause} ('demo', 'digidesk', NULL, NULL)")
        conn.execute(f"{pause} ('other', 'digidesk', now(), 'refused')")
    conn.execute("INSERT INTO feedback.hold (workspace, reason) VALUES ('other', 'held')")
    vendors = ["digidesk", "centracx", "own"]

    assert invitations.withdraw_overdue(conn, "demo", vendors, now=NOW) == 1

    withdrawn = conn.execute(
        "SELECT invitation_id, problem FROM feedback.invitation WHERE state = 'withdrawn'"
    ).fetchall()
    assert withdrawn == [(overdue, expected)]


def test_an_answer_settles_what_was_not_settled_and_nothing_else(database, conn, add):
    states = ("due", "sending", "triggered", "refused", "unknown", "withdrawn")
    every = {state: add(state=state) for state in states}
    other = add(workspace="other")
    references = [row[0] for row in conn.execute("SELECT reference FROM feedback.invitation")]
    not_named = add()

    assert answers.settle_answered(conn, "demo", references) == 3

    settled = run_query(
        database, "SELECT invitation_id FROM feedback.invitation WHERE settled_by = 'answer'"
    )
    assert {row["invitation_id"] for row in settled} == {
        every[state] for state in ("due", "sending", "unknown")
    }
    assert not {other, not_named} & {row["invitation_id"] for row in settled}


def test_the_requests_of_one_dead_run_become_unknown_and_those_of_others_do_not(conn, add):
    add(state="sending")
    add(state="triggered")
    mine = add(state="sending")
    (run,) = conn.execute(
        "SELECT sent_by FROM feedback.invitation WHERE invitation_id = %s", [mine]
    ).fetchone()
    assert len(invitations.senders(conn)) == 2

    invitations.mark_unknown(conn, run)
    invitations.mark_unknown(conn, uuid4())

    assert [one.invitation_id for one in invitations.unknown(conn, None)] == [mine]
