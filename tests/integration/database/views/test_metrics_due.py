"""intake.metrics_due: every change of what a view for analysts reads leaves a mark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row, tuple_row

from schemas.cention.agent_logons import AgentLogon, AgentLogons
from schemas.cention.attachments import AttachmentKind, AttachmentRef
from schemas.cention.errand_tags import Tag
from schemas.cention.facebook_ratings import FacebookRating
from schemas.surveys.questions import Kind
from schemas.surveys.results import ResultAnswer, ResultRow
from tests.integration.database.views.conftest import Centre
from tests.support.settings import WORKSPACE
from workers.analytics.store import action_patterns
from workers.analytics.store.action_patterns import ActionKind
from workers.database import workspaces
from workers.database.records import Fetched
from workers.mirrors.store import agent_logons
from workers.privacy.store import erased, retention
from workers.privacy.store.erased import HistoryLine
from workers.surveys.store import answers as survey_answers
from workers.surveys.store import conversations, decisions, invitations
from workers.surveys.store.conversations import Settled
from workers.surveys.store.decisions import NewDecision, NewInvitation
from workers.sync.store import answers, errand_reports, errand_versions, facebook_ratings
from workers.sync.store.answers import AnswerRow

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
Mark = tuple[str, int]
ERRAND = ("errand", 1)

# Every table that a view of schema analyst reads, or a definition of what is kept for it, directly
# or through other views and functions.
READ = """
WITH RECURSIVE reads AS (
    SELECT oid, 'pg_class'::regclass AS class FROM pg_class
    WHERE (relnamespace = 'analyst'::regnamespace AND relkind IN ('v', 'm'))
       OR (relnamespace = 'intake'::regnamespace AND relname ~ '_computed$')
    UNION
    SELECT d.refobjid, d.refclassid::regclass
    FROM reads AS r
    JOIN pg_depend AS d
        ON (r.class = 'pg_class'::regclass AND d.classid = 'pg_rewrite'::regclass
            AND d.objid IN (SELECT oid FROM pg_rewrite WHERE ev_class = r.oid))
        OR (r.class = 'pg_proc'::regclass AND d.classid = 'pg_proc'::regclass AND d.objid = r.oid)
    WHERE d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass)
)
SELECT DISTINCT c.relnamespace::regnamespace || '.' || c.relname AS name
FROM reads AS r JOIN pg_class AS c ON r.class = 'pg_class'::regclass AND c.oid = r.oid
WHERE c.relkind IN ('r', 'p')
"""

# Columns that a view reads and a trigger with a condition does not compare. Keys never change.
UNCOMPARED = """
WITH compared AS (
    SELECT t.tgrelid AS oid, d.refobjsubid AS number
    FROM pg_trigger AS t
    JOIN pg_depend AS d
        ON (d.classid, d.objid, d.refclassid, d.refobjid)
         = ('pg_trigger'::regclass, t.oid, 'pg_class'::regclass, t.tgrelid)
    WHERE t.tgname = 'mark_update' AND d.refobjsubid > 0
), read AS (
    SELECT d.refobjid AS oid, d.refobjsubid AS number
    FROM pg_depend AS d
    JOIN pg_rewrite AS r ON (d.classid, d.objid) = ('pg_rewrite'::regclass, r.oid)
    JOIN pg_class AS v ON v.oid = r.ev_class
    WHERE v.relnamespace IN ('analyst'::regnamespace, 'intake'::regnamespace)
      AND d.refclassid = 'pg_class'::regclass
)
SELECT DISTINCT read.oid::regclass || '.' || coalesce(a.attname, '*') AS name
FROM read
LEFT JOIN pg_attribute AS a ON (a.attrelid, a.attnum) = (read.oid, read.number) AND a.attnum > 0
WHERE read.oid IN (SELECT oid FROM compared)
  AND NOT EXISTS (SELECT FROM compared AS c WHERE (c.oid, c.number) = (read.oid, read.number))
  AND NOT EXISTS (
      SELECT FROM pg_index AS i
      WHERE i.indrelid = read.oid AND i.indisprimary AND read.number = ANY (i.indkey)
  )
"""
CONDITIONAL = """
SELECT DISTINCT c.relname AS name
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_depend AS d ON (d.classid, d.objid, d.refobjid) = ('pg_trigger'::regclass, t.oid, c.oid)
WHERE t.tgname = 'mark_update' AND d.refobjsubid > 0
"""

# Tables whose changes leave no mark, each for its reason.
COMPUTED = "computed from the marks themselves"
LIBRARY = "texts and links, no figures"
STATE = "state of the bridge, which views show as it is at that moment"
UNMARKED = {
    "analyst.errand_metrics": COMPUTED,
    "analyst.errand_response": COMPUTED,
    "analyst.open_span": COMPUTED,
    "analyst.reopening": COMPUTED,
    "analyst.repeat_contact": COMPUTED,
    **dict.fromkeys(
        (
            *("intake.agent_day", "intake.area_day", "intake.tag_day", "intake.response_time_day"),
            *("intake.sla_day", "intake.channel_day", "intake.tag_trend_week"),
            *("intake.summary_day", "intake.agent_shift"),
        ),
        COMPUTED,
    ),
    "intake.day_due": STATE,
    "intake.logon_due": STATE,
    "intake.metrics_due": STATE,
    "intake.metrics_problem": STATE,
    "intake.metrics_progress": STATE,
    "cention.library": LIBRARY,
    "cention.library_category": LIBRARY,
    "cention.library_link": LIBRARY,
    "cention.library_question": LIBRARY,
    "cention.library_question_attachment": LIBRARY,
    "intake.agent_logon_reach": "moves with the clock; only shifts that are running depend on it",
    "intake.callback": STATE,
    "intake.completeness": STATE,
    "intake.landed": STATE,
    "intake.mirror": STATE,
    "intake.odd_logon": STATE,
    "intake.pause": STATE,
    "intake.poll": STATE,
    "intake.wanted": STATE,
    "intake.wanted_count": STATE,
}


def marks(centre: Centre) -> set[Mark]:
    rows = centre.query("SELECT kind, record_id FROM intake.metrics_due")
    return {(row["kind"], row["record_id"]) for row in rows}


def clear(centre: Centre) -> None:
    centre.query("DELETE FROM intake.metrics_due RETURNING record_id")


def report_late(centre: Centre) -> None:
    """Save a report that was fetched before the stored one: it changes only the history."""
    report = replace(centre._report, errand_id=1, actions=(), tags=(), area_id=99)
    fetched = Fetched(record=report, fetched_at=datetime.now(UTC) - timedelta(days=1))
    errand_reports.save(centre.conn, "demo", [fetched])


def answer_again(centre: Centre) -> None:
    """File an earlier callback of a stored answer: it adds its files only."""
    row = AnswerRow(
        callback_id=1,
        remote_id=1,
        received_at=NOW,
        errand_id=1,
        answer=replace(centre._answer, answer_id=5),
        attachments=(AttachmentRef(kind=AttachmentKind.RESPONSE, attachment_id=99),),
    )
    answers.save(centre.conn, "demo", [row])


def rate(centre: Centre) -> None:
    rating = FacebookRating(
        rating_id=7, rating=4, message=None, reviewer_id=None, reviewer_name=None, created_at=NOW
    )
    facebook_ratings.save(centre.conn, "demo", [Fetched(record=rating, fetched_at=NOW)])


def log_on(centre: Centre) -> None:
    logon = AgentLogon(login_name="asa", happened_at=NOW, action="Login", occurrence=1)
    agent_logons.save(centre.conn, "demo", AgentLogons(logons=(logon,), odd_rows=()))


def decide(centre: Centre, errand_id: int = 1, **invited: Any) -> None:
    invitation = NewInvitation(**invited) if invited else None
    decision = NewDecision(
        errand_id=errand_id,
        event="answered",
        event_at=NOW,
        rule="csat" if invited else None,
        rule_version=1 if invited else None,
        reason=None if invited else "quiet",
        invitation=invitation,
    )
    decisions.save(centre.conn, "demo", [decision], decided_at=NOW)


def invite(centre: Centre) -> None:
    for table, key in (("rules_file", {}), ("rule", {"name": "csat"})):
        centre.put(
            f"feedback.{table}",
            **{"workspace": "demo", "version": 1, "document": "{}", "sha256": bytes(32), **key},
        )
    decide(
        centre,
        reference="reference",
        thread_id=None,
        vendor="digidesk",
        survey={},
        channel="email",
        contact="anna@example.org",
        contact_name=None,
        person="00" * 32,
        language=None,
        area_id=1,
        agent_id=None,
        service_id=None,
        organisation_id=None,
        answered_by=None,
        tag_ids=[],
        due_at=NOW,
        send_until=NOW,
        expires_at=NOW,
    )


def respond(centre: Centre) -> None:
    row = ResultRow(
        line=1,
        reference="reference",
        answered_at=NOW,
        answers=(ResultAnswer(question="why", kind=Kind.TEXT, text="Because."),),
    )
    centre.conn.row_factory = tuple_row  # as the bridge's own connections
    survey_answers.save_results(centre.conn, "demo", "digidesk", [row], origin="import")
    centre.conn.row_factory = dict_row


def open_survey(centre: Centre, **values: Any) -> None:
    centre.put(
        "feedback.session",
        workspace="demo",
        session_id=8,
        vendor="alvaria",
        origin="page",
        state="open",
        verified=False,
        **values,
    )


def nothing(centre: Centre) -> None:
    """Nothing is there before."""


def reported(centre: Centre) -> None:
    centre.report(1)


def invited(centre: Centre) -> None:
    invite(centre)


def answered(centre: Centre) -> None:
    invite(centre)
    respond(centre)


Step = Callable[[Centre], object]
# By table: what is there before, how the product changes a row, and which marks that leaves.
CHANGES: Mapping[str, tuple[Step, Step, set[Mark]]] = {
    "cention.errand": (reported, lambda c: c.report(1, closed=True), {ERRAND}),
    "cention.errand_version": (reported, report_late, {ERRAND}),
    "cention.errand_action": (
        nothing,
        lambda c: erased.write_history(
            c.conn,
            [HistoryLine(workspace="demo", errand_id=1, action_id=1, note=None, origin=None)],
        ),
        {ERRAND},
    ),
    "cention.errand_tag": (
        reported,
        lambda c: c.report(1, tags=(Tag(tag_id=5, name=None),)),
        {ERRAND},
    ),
    "cention.errand_recipient": (
        reported,
        lambda c: c.report(1, to_addresses=("new@example.org",)),
        {ERRAND},
    ),
    "cention.answer": (nothing, lambda c: c.answer(1, answer_id=5, at=NOW), {ERRAND}),
    "cention.answer_attachment": (
        lambda c: c.answer(1, answer_id=5, at=NOW),
        answer_again,
        {ERRAND},
    ),
    "cention.facebook_rating": (nothing, rate, {("facebook_rating", 7)}),
    "cention.agent": (
        nothing,
        lambda c: c.report(1, agent_id=3, agent_name="New"),
        {("agent", 3)},
    ),
    "cention.area": (nothing, lambda c: c.report(1, area_id=3, area_name="New"), {("area", 3)}),
    "cention.organisation": (
        nothing,
        lambda c: c.report(1, organisation_id=3, organisation_name="New"),
        {("organisation", 3)},
    ),
    "cention.service": (
        nothing,
        lambda c: c.report(1, service_id=3, service_name="New"),
        {("service", 3)},
    ),
    "cention.tag": (
        nothing,
        lambda c: c.report(1, tags=(Tag(tag_id=3, name="New"),)),
        {("tag", 3)},
    ),
    "cention.agent_login": (
        lambda c: agent_logons.map_login(c.conn, "demo", "asa", 3),
        lambda c: agent_logons.map_login(c.conn, "demo", "asa", 4),
        {("agent", 3), ("agent", 4)},
    ),
    "cention.agent_logon": (nothing, log_on, {("agent_logon_day", 20260310)}),
    "cention.workspace": (
        nothing,
        lambda c: workspaces.save(
            c.conn, [replace(WORKSPACE, timezone=ZoneInfo("UTC"))], poll_every_s=15
        ),
        {("workspace", 0)},
    ),
    "cention.action_pattern": (
        nothing,
        lambda c: action_patterns.set_pattern(c.conn, "demo", "% x %", ActionKind.TAGGED),
        {("action_pattern", 0)},
    ),
    "feedback.decision": (nothing, decide, {ERRAND}),
    "feedback.invitation": (
        invited,
        lambda c: survey_answers.settle_answered(c.conn, "demo", ["reference"]),
        {ERRAND},
    ),
    "feedback.session": (invited, respond, {ERRAND}),
    "feedback.answer": (
        answered,
        lambda c: retention.remove_survey_comments(c.conn, before=NOW + timedelta(days=1), limit=9),
        {ERRAND},
    ),
}


def test_every_table_that_a_view_reads_leaves_marks_or_is_named_with_its_reason(centre):
    read = {row["name"] for row in centre.query(READ)}

    assert len(read) > 30
    assert read == set(CHANGES) | set(UNMARKED)


def test_a_trigger_with_a_condition_compares_every_column_that_a_view_reads(centre):
    conditional = {row["name"] for row in centre.query(CONDITIONAL)}

    assert conditional == {"answer", "decision", "errand_version", "invitation", "session"}
    assert centre.query(UNCOMPARED) == []


@pytest.mark.parametrize("table", CHANGES)
def test_a_change_leaves_its_mark(centre, table):
    before, change, expected = CHANGES[table]
    if table == "cention.errand_action":
        centre.put(table, workspace="demo", action_id=1, errand_id=1, note="x", fetched_at=NOW)
    before(centre)
    clear(centre)
    rows = f"SELECT md5(string_agg(t::text, ' ' ORDER BY t::text)) AS all FROM {table} AS t"
    stored = centre.query(rows)

    change(centre)

    assert centre.query(rows) != stored
    assert marks(centre) >= expected


FURTHER: Mapping[str, tuple[Step, Step, set[Mark]]] = {
    "a new errand": (nothing, reported, {ERRAND}),
    "a later callback about an answer": (
        lambda c: c.answer(1, answer_id=5, at=NOW),
        lambda c: c.answer(1, answer_id=5, at=NOW + timedelta(hours=1)),
        {ERRAND},
    ),
    "a rating that is gone": (
        rate,
        lambda c: facebook_ratings.mark_gone(c.conn, "demo", [7], at=datetime.now(UTC)),
        {("facebook_rating", 7)},
    ),
    **{
        f"another name of the {kind}": (
            lambda c, kind=kind: c.report(1, **{f"{kind}_id": 3, f"{kind}_name": "Old"}),
            lambda c, kind=kind: c.report(1, **{f"{kind}_id": 3, f"{kind}_name": "New"}),
            {(kind, 3)},
        )
        for kind in ("agent", "area", "organisation", "service")
    },
    "another name of the tag": (
        lambda c: c.report(1, tags=(Tag(tag_id=3, name="Old"),)),
        lambda c: c.report(1, tags=(Tag(tag_id=3, name="New"),)),
        {("tag", 3)},
    ),
    "a login name that is mapped": (
        nothing,
        lambda c: agent_logons.map_login(c.conn, "demo", "asa", 3),
        {("agent", 3)},
    ),
}


@pytest.mark.parametrize("case", FURTHER)
def test_further_changes_leave_their_marks(centre, case):
    before, change, expected = FURTHER[case]
    before(centre)
    clear(centre)

    change(centre)

    assert marks(centre) >= expected


@pytest.mark.parametrize(
    ("table", "delete", "expected"),
    [
        (
            "cention.agent_login",
            lambda c: agent_logons.unmap_login(c.conn, "demo", "asa"),
            {("agent", 3)},
        ),
        (
            "cention.agent_logon",
            lambda c: agent_logons.forget(c.conn, "demo", "asa"),
            {("agent_logon_day", 20260310)},
        ),
        (
            "cention.action_pattern",
            lambda c: action_patterns.remove_pattern(c.conn, "demo", "% x %"),
            {("action_pattern", 0)},
        ),
    ],
)
def test_a_deletion_leaves_its_mark(centre, table, delete, expected):
    agent_logons.map_login(centre.conn, "demo", "asa", 3)
    log_on(centre)
    action_patterns.set_pattern(centre.conn, "demo", "% x %", ActionKind.TAGGED)
    clear(centre)

    delete(centre)

    assert marks(centre) >= expected


def test_an_invitation_that_is_taken_back_leaves_a_mark(centre):
    invite(centre)
    [row] = centre.query("SELECT invitation_id FROM feedback.invitation")
    clear(centre)

    invitations.take_back(centre.conn, "demo", row["invitation_id"])

    assert marks(centre) == {ERRAND}


@pytest.mark.parametrize("table", ["cention.answer", "cention.errand_action"])
def test_a_row_that_moves_to_another_errand_marks_both(centre, table):
    centre.answer(1, answer_id=5, at=NOW)
    centre.put("cention.errand_action", workspace="demo", action_id=1, errand_id=1, fetched_at=NOW)
    clear(centre)

    centre.conn.execute(f"UPDATE {table} SET errand_id = 2")

    assert marks(centre) == {("errand", 1), ("errand", 2)}


def test_a_survey_that_loses_its_errand_marks_the_errand_and_the_survey(centre):
    open_survey(centre, errand_id=1)
    clear(centre)

    centre.conn.execute("UPDATE feedback.session SET errand_id = NULL")

    assert marks(centre) == {ERRAND, ("survey_session", 8)}


def test_another_poll_interval_or_address_of_a_workspace_leaves_no_mark(centre):
    clear(centre)

    workspaces.save(centre.conn, [WORKSPACE], poll_every_s=99)
    workspaces.set_address(centre.conn, replace(WORKSPACE, cention_url="https://new.test/s/d"))

    [row] = centre.query("SELECT address, poll_every_s FROM cention.workspace")
    assert (row["address"], row["poll_every_s"]) == ("new.test/s/d", 99)
    assert marks(centre) == set()


def test_a_survey_without_an_errand_is_marked_until_its_errand_is_known(centre):
    open_survey(centre)
    assert marks(centre) == {("workspace", 0), ("survey_session", 8)}
    clear(centre)

    centre.conn.execute("UPDATE feedback.session SET errand_id = 1")

    assert marks(centre) == {("survey_session", 8), ERRAND}


def test_a_transaction_marks_a_record_once(centre):
    with centre.conn.transaction():
        for _ in range(3):
            centre.report(1)

    assert centre.query("SELECT FROM intake.metrics_due WHERE kind = 'errand'") == [{}]


def test_an_errand_that_is_gone_is_marked(centre):
    centre.report(1)
    clear(centre)

    centre.gone(1)

    assert marks(centre) == {ERRAND}


def test_an_erased_errand_is_marked(centre):
    centre.report(1)
    clear(centre)

    erased.redact_errands(centre.conn, [("demo", 1)])

    assert marks(centre) == {ERRAND}


def test_an_errand_whose_recipients_alone_are_erased_is_marked(centre):
    centre.report(1, to_addresses=("anna@example.org",))
    erased.redact_errands(centre.conn, [("demo", 1)])
    clear(centre)

    assert erased.remove_recipients(centre.conn, [("demo", 1)]) == 1

    assert marks(centre) == {ERRAND}


def claim(centre: Centre) -> None:
    """Ask a vendor about a survey, as long as it takes and without a result."""
    run = uuid4()
    [claimed] = conversations.claim(centre.conn, "demo", "alvaria", run=run, limit=9)
    settled = Settled(question={"text": "Why?"}, remote_id="d", problem="busy", wait_s=1)
    conversations.settle(centre.conn, "demo", claimed.session_id, settled, run=run)


def test_a_survey_whose_vendor_is_asked_leaves_no_mark_while_no_figure_changes(centre):
    open_survey(centre, errand_id=1)
    centre.put(
        "feedback.answer",
        workspace="demo",
        session_id=8,
        position=1,
        question_text="Why?",
        kind="text",
    )
    clear(centre)
    before = centre.query("SELECT question, problem FROM feedback.session")

    claim(centre)
    centre.conn.execute("UPDATE feedback.answer SET forwarded = 'sending'")

    assert centre.query("SELECT question, problem FROM feedback.session") != before
    assert marks(centre) == set()


def test_a_late_report_that_finds_a_past_version_once_more_leaves_a_mark(centre):
    """The next version began after this fetch, as analyst.errand_event shows."""
    report = replace(centre._report, errand_id=1, actions=(), tags=())
    first, late = (
        Fetched(record=report, fetched_at=datetime.now(UTC) - timedelta(days=days))
        for days in (2, 1)
    )
    errand_reports.save(centre.conn, "demo", [first])
    centre.report(1, area_id=99)
    clear(centre)

    errand_reports.save(centre.conn, "demo", [late])

    versions = centre.query("SELECT fetched_at FROM cention.errand_version ORDER BY valid_from")
    assert len(versions) == 2
    assert versions[0]["fetched_at"] == late.fetched_at
    assert marks(centre) >= {ERRAND}


def test_first_versions_of_old_errands_leave_no_marks(centre):
    centre.report(1)
    centre.conn.execute("DELETE FROM cention.errand_version")
    clear(centre)

    errand_versions.keep_present(centre.conn, "demo", [1])

    assert centre.query("SELECT FROM cention.errand_version") == [{}]
    assert marks(centre) == set()


@pytest.fixture
def sessions(database):
    """Two sessions in autocommit mode; a statement that waits longer than 5 s fails."""
    options = "-c lock_timeout=5s"
    with (
        psycopg.connect(database, autocommit=True, options=options) as one,
        psycopg.connect(database, autocommit=True, options=options) as other,
    ):
        yield one, other


def save_rating(conn, rating_id):
    rating = FacebookRating(
        rating_id=rating_id,
        rating=4,
        message=None,
        reviewer_id=None,
        reviewer_name=None,
        created_at=NOW,
    )
    facebook_ratings.save(conn, "demo", [Fetched(record=rating, fetched_at=NOW)])


def answer_of(errand_id):
    return (
        "INSERT INTO cention.answer (workspace, errand_id, answer_id, response_id, received_at,"
        " callback_id) VALUES ('demo', %s, %s, 1, now(), 1)",
        (errand_id, errand_id),
    )


def decision_of(errand_id):
    return (
        "INSERT INTO feedback.decision (workspace, errand_id, decided_at, event, event_at, verdict,"
        " reason) VALUES ('demo', %s, now(), 'answered', now(), 'not', 'quiet')",
        (errand_id,),
    )


def test_transactions_that_mark_the_same_records_in_any_order_wait_for_nothing(sessions):
    one, other = sessions
    with one.transaction(), other.transaction():
        one.execute(*answer_of(1))
        other.execute(*decision_of(2))
        one.execute(*answer_of(2))
        other.execute(*decision_of(1))

    found = one.execute("SELECT record_id, count(*) FROM intake.metrics_due GROUP BY 1 ORDER BY 1")
    assert found.fetchall() == [(1, 2), (2, 2)]


def test_a_save_that_is_rolled_back_leaves_no_mark(sessions):
    one, _ = sessions
    with one.transaction(force_rollback=True):
        save_rating(one, 7)

    assert one.execute("SELECT FROM intake.metrics_due").fetchall() == []


def test_a_change_has_its_own_mark_beside_one_that_is_taken_meanwhile(sessions):
    one, consumer = sessions
    one.execute(*answer_of(1))
    with one.transaction():
        one.execute(*decision_of(1))
        taken = consumer.execute("DELETE FROM intake.metrics_due RETURNING record_id").fetchall()

        assert taken == [(1,)]
        assert consumer.execute("SELECT FROM intake.metrics_due").fetchall() == []

    assert consumer.execute("SELECT record_id FROM intake.metrics_due").fetchall() == [(1,)]
