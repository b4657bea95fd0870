"""What is still to be removed from erased records, beside complete records of others."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from tests.support.databases import database_copy
from tests.support.two_workspaces import NUMBER, ONE, Workspaces
from workers.privacy.store import erased

ERASE = "INSERT INTO intake.erased (workspace, family, remote_id) VALUES (%s, %s, %s)"


@pytest.fixture(scope="module")
def conn(postgres, template):
    """A database with a row of each table in two workspaces, and nothing erased."""
    with (
        database_copy(postgres, template) as url,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        Workspaces(conn, now=datetime.now(UTC), with_other=True)
        conn.execute("DELETE FROM intake.erased")
        yield conn


@pytest.mark.parametrize(
    ("family", "pending"),
    [("errand_reports", erased.pending_errands), ("facebook_ratings", erased.pending_ratings)],
)
def test_an_erased_record_of_which_nothing_is_left_is_not_pending_whatever_others_have(
    conn, family, pending
):
    with conn.transaction(force_rollback=True):
        conn.execute(ERASE, [ONE, family, NUMBER + 1])
        assert pending(conn, after=("", -1), limit=9) == []
        conn.execute(ERASE, [ONE, family, NUMBER])
        assert len(pending(conn, after=("", -1), limit=9)) == 1
