"""Which tasks of surveys have something to do, by one query for all workspaces."""

from __future__ import annotations

import pytest

from tests.integration.surveys.conftest import HOUR, START, Surveys
from tests.support.surveys import brief
from workers.surveys.store import pending_work

DUE = START + 2 * HOUR
SESSION = (
    "INSERT INTO feedback.session (workspace, vendor, remote_id, origin, state, verified,"
    " started_at{columns}) VALUES ('demo', '{vendor}', 'one', 'page', '{state}', {verified},"
    " now(){values})"
)


def session(vendor: str, state: str, *, verified: bool = False, **more: str) -> str:
    columns = "".join(f", {name}" for name in more)
    values = "".join(f", {value}" for value in more.values())
    return SESSION.format(
        vendor=vendor, state=state, verified=verified, columns=columns, values=values
    )


def pending(surveys: Surveys, workspace: str = "demo") -> set[str]:
    found = {one.workspace: one for one in pending_work.find(surveys.conn, ["demo", "other"])}
    tasks = ("decide", "invite", "converse", "alert")
    return {task for task in tasks if getattr(found[workspace], task)}


@pytest.fixture
def invited(csat: Surveys) -> Surveys:
    """One invitation, due in an hour; the rule is off again."""
    csat.errand()
    csat.decide(DUE)
    csat.ask("UPDATE feedback.rule SET off_at = now()")
    csat.ask(
        "UPDATE feedback.invitation SET due_at = now() + interval '1 hour',"
        " send_until = now() + interval '2 hours'"
    )
    return csat


def test_without_rules_there_is_nothing_to_do(surveys: Surveys):
    assert pending(surveys) == set()


def test_errands_are_decided_where_a_rule_is_on_and_nowhere_else(csat: Surveys):
    assert pending(csat) == {"decide"}
    assert pending(csat, "other") == set()


def test_a_restored_database_is_noticed_where_no_rule_is_on(surveys: Surveys):
    surveys.ask("UPDATE feedback.restore_mark SET timeline = timeline + 1")

    assert pending(surveys) == pending(surveys, "other") == {"decide"}


def test_an_invitation_that_is_not_due_needs_nobody(invited: Surveys):
    assert pending(invited) == set()


@pytest.mark.parametrize(
    "change",
    [
        "due_at = now() - interval '1 s'",
        "send_until = now() - interval '1 s'",  # to be withdrawn
        "state = 'sending', tries = 1, sent_at = now(), sent_by = gen_random_uuid()",
    ],
)
def test_invitations_that_are_due_overdue_or_left_by_a_dead_run_are_found(
    invited: Surveys, change: str
):
    invited.ask(f"UPDATE feedback.invitation SET {change}")

    assert pending(invited) == {"invite"}


@pytest.mark.parametrize(
    "waiting",
    [
        session("centracx", "open"),
        session("centracx", "open", not_before="now() + interval '1 hour'"),  # may be given up
        session("alvaria", "open"),
        session("alvaria", "complete", verified=True, completed_at="now()", outcome_state="'no'"),
        session("centracx", "open", question="'{}'", sent_by="gen_random_uuid()"),  # of a dead run
    ],
)
def test_a_page_that_waits_for_its_vendor_is_found(surveys: Surveys, waiting: str):
    surveys.ask(waiting)

    assert pending(surveys) == {"converse"}


def test_a_page_that_waits_for_its_customer_needs_nobody(surveys: Surveys):
    surveys.ask(session("centracx", "open", question="'{}'"))

    assert pending(surveys) == set()


def test_a_vendor_that_refused_us_is_found_when_it_is_to_be_tried(surveys: Surveys):
    surveys.ask(
        "INSERT INTO feedback.vendor (workspace, vendor, paused_until, reason)"
        " VALUES ('demo', 'centracx', now() + interval '1 hour', 'refused')"
    )
    assert pending(surveys) == set()

    surveys.ask("UPDATE feedback.vendor SET paused_until = now()")

    assert pending(surveys) == {"converse"}


def test_alerts_are_looked_for_where_a_rule_asks_for_them_also_after_it_is_off(surveys: Surveys):
    surveys.load(
        brief()
        + '[rule.alert]\nkind = "nps"\nat_most = 6\nfrom = "a@example.com"\n'
        + 'subject = "Score {score}"\nbody = "{comment}"\n'
    )

    assert pending(surveys) == {"alert"}
    assert pending(surveys, "other") == set()
