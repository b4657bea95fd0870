"""A batch of retention takes as many as it may, and none that another transaction holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.support.databases import database_copy
from tests.support.two_workspaces import Workspaces
from workers.privacy.store import retention

NOW = datetime.now(UTC)
OLD = """
UPDATE intake.callback SET problem = NULL, bodies_removed_at = NULL;
UPDATE intake.landed SET problem = NULL;
UPDATE feedback.invitation SET state = 'refused';
UPDATE feedback.session SET state = 'complete', outcome_state = 'taken', sent_by = NULL;
"""
REMOVALS = (
    retention.delete_activity,
    retention.delete_actions,
    retention.remove_callback_documents,
    retention.remove_landed_documents,
    retention.remove_callback_bodies,
    retention.remove_answer_bodies,
    retention.remove_errand_bodies,
    retention.remove_exported_bodies,
    retention.remove_attachment_contents,
    retention.remove_survey_comments,
    retention.remove_survey_contexts,
    retention.remove_invited_contacts,
    retention.remove_unmatched_cells,
)
# They lock reports in the order in which drains do, and wait for them; contents are shared.
WAITING = {retention.remove_errand_bodies, retention.remove_attachment_contents}


@pytest.fixture(scope="module")
def url(postgres, template):
    """A database with two old rows of each table, one of each workspace."""
    with database_copy(postgres, template) as url:
        with psycopg.connect(url, autocommit=True) as conn:
            Workspaces(conn, now=NOW, with_other=True)
            conn.execute(OLD)
        yield url


def how_many(url, removal):
    """How many rows a removal would take; two at least."""
    with psycopg.connect(url) as conn, conn.transaction(force_rollback=True):
        number = remove(conn, removal, 99)
    assert number >= 2
    return number


def remove(conn, removal, limit):
    return removal(conn, before=NOW + timedelta(days=10_000), limit=limit)


@pytest.mark.parametrize("removal", REMOVALS, ids=lambda one: one.__name__)
def test_a_batch_takes_no_more_than_it_may_and_the_next_goes_on_with_the_rest(url, removal):
    number = how_many(url, removal)
    with psycopg.connect(url) as conn, conn.transaction(force_rollback=True):
        assert [remove(conn, removal, 1) for _ in range(number + 1)] == [1] * number + [0]


@pytest.mark.parametrize(
    "removal", [one for one in REMOVALS if one not in WAITING], ids=lambda one: one.__name__
)
def test_a_batch_leaves_out_what_another_transaction_holds(url, removal):
    number = how_many(url, removal)
    with psycopg.connect(url) as one, psycopg.connect(url) as other:
        other.execute("SET lock_timeout = '10s'")
        assert remove(one, removal, 1) == 1
        assert remove(other, removal, 99) == number - 1
        one.rollback()
        other.rollback()


@pytest.mark.parametrize(
    ("state", "expired", "goes"),
    [
        ("due", True, False),
        ("sending", True, False),
        ("unknown", False, False),
        ("unknown", True, True),
        ("triggered", False, True),
        ("refused", False, True),
        ("withdrawn", False, True),
    ],
)
def test_the_contact_of_an_invitation_stays_while_it_may_still_be_sent(url, state, expired, goes):
    expires_at = NOW - timedelta(days=1) if expired else NOW + timedelta(days=1)
    with psycopg.connect(url) as conn, conn.transaction(force_rollback=True):
        conn.execute(
            "UPDATE feedback.invitation SET state = %s, expires_at = %s", [state, expires_at]
        )
        removed = remove(conn, retention.remove_invited_contacts, 99)
        left = conn.execute("SELECT count(*) FROM feedback.invitation WHERE contact IS NOT NULL")
        assert (removed > 0) is goes
        assert (left.fetchone() == (0,)) is goes


@pytest.mark.parametrize("missing", ["body_text", "body_html"])
def test_an_answer_with_one_of_its_two_bodies_loses_that_one(url, missing):
    number = how_many(url, retention.remove_answer_bodies)
    with psycopg.connect(url) as conn, conn.transaction(force_rollback=True):
        conn.execute(f"UPDATE cention.answer SET {missing} = NULL")
        assert remove(conn, retention.remove_answer_bodies, 99) == number
