"""What is done to an invitation is done in the states it is meant for, and in no other."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from schemas.surveys.rule import Vendor
from tests.support.databases import database_copy
from tests.support.two_workspaces import NUMBER, ONE, RUN, Workspaces
from workers.surveys.store import invitations
from workers.surveys.store.invitations import Settlement

NOW = datetime.now(UTC)
STATES = ("due", "sending", "triggered", "refused", "unknown", "withdrawn")


@pytest.fixture(scope="module")
def stored(postgres, template):
    """A database with one invitation, sent by one run."""
    with (
        database_copy(postgres, template) as url,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        Workspaces(conn, now=NOW, with_other=False)
        conn.execute("UPDATE feedback.invitation SET tries = 0")
        for table in ("alert", "answer", "session"):
            conn.execute(f"DELETE FROM feedback.{table}")
        yield conn


def settle(conn, run=None):
    outcome = Settlement(
        invitation_id=NUMBER, state="triggered", vendor=Vendor.DIGIDESK, survey={}, remote_id="new"
    )
    invitations.settle(conn, ONE, [outcome], run=run or UUID(RUN), now=NOW)


def settle_as_another_run(conn):
    settle(conn, uuid4())


def mark_unknown(conn):
    invitations.mark_unknown(conn, UUID(RUN))


def mark_unknown_of_another_run(conn):
    invitations.mark_unknown(conn, uuid4())


def begin_sending(conn):
    invitations.begin_sending(conn, ONE, {NUMBER: None}, run=uuid4(), now=NOW)


def resolve_done(conn):
    invitations.resolve_done(conn, ONE, NUMBER)


def resolve_missing(conn):
    invitations.resolve_missing(conn, ONE, NUMBER, after_s=3600)


def resolve_missing_too_early(conn):
    invitations.resolve_missing(conn, ONE, NUMBER, after_s=11 * 3600)


def take_back(conn):
    invitations.take_back(conn, ONE, NUMBER)


def postpone(conn):
    invitations.postpone(conn, ONE, NUMBER, due_at=NOW)


def withdraw(conn):
    invitations.withdraw(conn, ONE, NUMBER, reason="held", settled_by="operator")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("action", "meant_for"),
    [
        (settle, {"sending"}),
        (settle_as_another_run, set()),
        (mark_unknown, {"sending"}),
        (mark_unknown_of_another_run, set()),
        (begin_sending, {"due"}),
        (take_back, {"due"}),
        (postpone, {"due"}),
        (withdraw, {"due"}),
        (resolve_done, {"unknown"}),
        (resolve_missing, {"unknown"}),
        (resolve_missing_too_early, set()),
    ],
)
def test_an_invitation_changes_only_in_the_states_that_an_action_is_for(
    stored, action, meant_for, state
):
    query = "SELECT to_jsonb(i) FROM feedback.invitation AS i"
    with stored.transaction(force_rollback=True):
        stored.execute("UPDATE feedback.invitation SET state = %s", [state])
        before = stored.execute(query).fetchall()

        action(stored)

        assert (stored.execute(query).fetchall() != before) == (state in meant_for)


def test_an_invitation_that_a_vendor_was_asked_for_is_not_forgotten(stored):
    with stored.transaction(force_rollback=True):
        stored.execute("UPDATE feedback.invitation SET state = 'due', tries = 1")

        take_back(stored)

        assert stored.execute("SELECT count(*) FROM feedback.invitation").fetchone() == (1,)
