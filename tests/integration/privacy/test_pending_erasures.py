"""What is still to be removed from erased records, beside complete records of others."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from tests.support.databases import database_copy
from tests.support.two_workspaces import NUMBER, ONE, OTHER, Workspaces
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


@pytest.mark.parametrize(
    ("family", "pending"),
    [("errand_reports", erased.pending_errands), ("facebook_ratings", erased.pending_ratings)],
)
def test_each_batch_begins_with_the_lowest_so_that_those_after_the_last_are_all_that_is_left(
    conn, family, pending
):
    with conn.transaction(force_rollback=True):
        conn.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off")
        conn.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_mergejoin = off")
        for workspace in (OTHER, ONE):
            conn.execute(ERASE, [workspace, family, NUMBER])
        [first] = pending(conn, after=("", -1), limit=1)
        assert [first, *pending(conn, after=first, limit=1)] == [(ONE, NUMBER), (OTHER, NUMBER)]


@pytest.mark.parametrize(
    ("table", "key", "text"),
    [
        ("cention.errand", "errand_id", "subject"),
        ("cention.exported_errand", "errand_id", "question"),
        ("feedback.invitation", "errand_id", "contact"),
        ("cention.answer", "errand_id", "body_text"),
    ],
)
def test_an_erased_errand_is_pending_while_a_text_is_left_and_not_for_its_rows(
    conn, table, key, text
):
    """All other rows are gone, and of this one all that may be null is."""
    with conn.transaction(force_rollback=True):
        conn.execute("SET LOCAL session_replication_role = replica")
        tables = ("cention.errand", "cention.exported_errand", "cention.answer", "intake.landed")
        for other in (*tables, "feedback.invitation", "feedback.session"):
            if other != table:
                conn.execute(f"DELETE FROM {other}")
        conn.execute(ERASE, [ONE, "errand_reports", NUMBER])
        for column in _nullable(conn, table):
            conn.execute(f"UPDATE {table} SET {column} = NULL")
        conn.execute(f"UPDATE {table} SET {key} = {NUMBER}")
        conn.execute("DELETE FROM cention.answer_recipient")
        conn.execute("DELETE FROM cention.answer_attachment")

        assert erased.pending_errands(conn, after=("", -1), limit=9) == []
        conn.execute(f"UPDATE {table} SET {text} = 'a text'")
        assert erased.pending_errands(conn, after=("", -1), limit=9) == [(ONE, NUMBER)]


def _nullable(conn, table):
    schema, name = table.split(".")
    query = (
        "SELECT column_name FROM information_schema.columns WHERE is_nullable = 'YES'"
        " AND (table_schema, table_name) = (%s, %s)"
    )
    return [row[0] for row in conn.execute(query, [schema, name])]
