"""Counts of surveys for ``/metrics``: exact, and read from no large table."""

from __future__ import annotations

import psycopg
import pytest

from schemas.surveys.results import read_push
from tests.integration.surveys.conftest import DAY, DEMO, HOUR, START
from workers.operations.store.gauges import read_gauges
from workers.surveys.jobs.import_results import import_rows
from workers.surveys.store import counts, invitations

COLUMNS = {"Invitation": "reference", "Score": "nps", "Comment": "comment"}
LARGE = ("decision", "invitation", "session", "answer", "unmatched_row")
NUMBERS = "generate_series(1001, 1001 + %(rows)s) AS n"
MANY = f"""
INSERT INTO feedback.invitation (workspace, reference, errand_id, rule, rule_version, vendor,
    survey, channel, person_sha256, event_at, due_at, send_until, expires_at, state, sent_by,
    sent_at)
SELECT 'demo', n::text, n, 'csat', 1, 'digidesk', '{{}}', 'email', sha256(n::text::bytea),
    now(), now(), now(), now(), 'triggered', gen_random_uuid(), now() FROM {NUMBERS};
INSERT INTO feedback.decision (workspace, errand_id, event, event_at, verdict, reason)
SELECT 'demo', n, 'answered', now(), 'not', 'no_rule' FROM {NUMBERS};
INSERT INTO feedback.session (workspace, session_id, vendor, origin, state, verified)
SELECT 'demo', n, 'digidesk', 'import', 'complete', true FROM {NUMBERS};
INSERT INTO feedback.answer (workspace, session_id, position, kind)
SELECT 'demo', n, 1, 'text' FROM {NUMBERS};
INSERT INTO feedback.unmatched_row (workspace, vendor, row_sha256, origin)
SELECT 'demo', 'digidesk', sha256(n::text::bytea), 'import' FROM {NUMBERS};
"""


def figures(surveys):
    """Return the figures of surveys but ages, by name or by reason."""
    found = [one for one in read_gauges(surveys.conn) if one.name.startswith("cention_survey_")]
    return {
        one.labels.get("reason", one.name.removeprefix("cention_survey_")): one.value
        for one in found
        if not one.name.endswith("_seconds")
    }


def take(surveys, *rows):
    read = read_push({"rows": list(rows)}, COLUMNS, zone=DEMO.zone)
    import_rows(surveys.conn, "demo", "digidesk", read, dry_run=False)


def test_decisions_are_counted_by_reason_as_they_are_made_and_changed(csat):
    csat.errand(), csat.errand()
    csat.errand(from_address="noreply@example.org")
    csat.decide(START + DAY)
    made = figures(csat)
    invitations.withdraw(csat.conn, "demo", 1, reason="too_late", settled_by="check")

    assert (made["invite"], made["robot_address"]) == (2, 1)
    changed = figures(csat)
    assert (changed["invite"], changed["robot_address"], changed["too_late"]) == (2, 1, 1)


def test_a_decision_that_is_written_again_as_it_was_is_not_counted(csat):
    csat.errand()
    csat.decide(START + DAY)

    csat.ask("UPDATE feedback.decision SET detail = 'looked at'")

    assert figures(csat)["invite"] == 1


def test_what_was_rolled_back_is_not_counted(csat):
    csat.errand()
    with csat.conn.transaction(force_rollback=True):
        csat.ask(
            "INSERT INTO feedback.decision (workspace, errand_id, event, event_at, verdict, reason)"
            " VALUES ('demo', 1, 'answered', now(), 'not', 'no_rule')"
        )

    assert "no_rule" not in figures(csat)


def test_answers_are_counted_once_each(csat):
    csat.errand()
    csat.decide(START + DAY)
    csat.settle()
    [invited] = csat.invitations()
    row = {"Invitation": invited["reference"], "Score": 9, "Comment": "Quick."}

    take(csat, row)
    take(csat, row)

    assert figures(csat)["answers_total"] == 2


def test_rows_that_match_nothing_are_counted_while_they_are_kept(csat):
    rows = [{"Invitation": "somebody", "Score": 9}, {"Invitation": "else", "Score": 8}]
    take(csat, *rows)
    take(csat, *rows)
    kept = figures(csat)["unmatched"]
    csat.ask("DELETE FROM feedback.unmatched_row WHERE reference = 'else'")

    assert (kept, figures(csat)["unmatched"]) == (2, 1)


def test_sessions_that_cannot_go_on_are_counted(csat):
    for session_id, state in enumerate(("stuck", "stuck", "complete", "gone"), start=1):
        csat.ask(
            "INSERT INTO feedback.session (workspace, session_id, vendor, origin, state,"
            " verified) VALUES ('demo', %s, 'centracx', 'page', %s, true)",
            *(session_id, state),
        )

    assert figures(csat)["stuck"] == 2


def test_adding_up_changes_no_count_and_leaves_one_row_each(csat):
    for hours in range(1, 4):
        csat.errand(START + hours * HOUR)
        csat.errand(START + hours * HOUR, from_address="noreply@example.org")
        csat.decide(START + hours * HOUR + 2 * HOUR)
    before = figures(csat)

    counts.add_up(csat.conn, most=1)

    assert figures(csat) == before
    assert len(csat.ask("SELECT FROM intake.survey_count")) == len({"invite", "robot_address"})


def test_few_rows_are_not_added_up(csat):
    csat.errand()
    csat.decide(START + DAY)
    rows = csat.ask("SELECT count_id FROM intake.survey_count")

    counts.add_up(csat.conn, most=len(rows))

    assert csat.ask("SELECT count_id FROM intake.survey_count") == rows


def test_two_that_add_up_at_once_lose_nothing(csat):
    csat.errand(), csat.errand(from_address="noreply@example.org")
    csat.decide(START + DAY)
    before = figures(csat)
    with psycopg.connect(csat.database) as other:
        counts.add_up(other, most=1)
        counts.add_up(csat.conn, most=1)  # finds every row locked, and waits for none
        other.commit()

    assert figures(csat) == before


@pytest.mark.parametrize(
    "query", [invitations.SQL["survey_status"], counts.SQL["totals"]], ids=("status", "totals")
)
def test_a_scrape_reads_no_large_table_as_a_whole(csat, query):
    with psycopg.connect(csat.database, cursor_factory=psycopg.ClientCursor) as conn:
        conn.execute(MANY, {"rows": 20_000})
        conn.execute("ANALYZE feedback.invitation, feedback.decision, feedback.session")
        conn.execute("ANALYZE feedback.answer, feedback.unmatched_row")
        [[plan]] = conn.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}").fetchall()

    read = {node["Relation Name"]: rows_of(node) for node in scans_of(plan[0]["Plan"])}
    assert {table: rows for table, rows in read.items() if table in LARGE and rows > 10} == {}


def scans_of(node):
    """Yield the nodes of a plan that read a table."""
    if "Relation Name" in node:
        yield node
    for child in node.get("Plans", ()):
        yield from scans_of(child)


def rows_of(node):
    """Return how many rows a node read, those that it filtered out included."""
    return (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
