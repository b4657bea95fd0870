"""The role cention_analyst: may read data, but no operational tables."""

from __future__ import annotations

import psycopg
import pytest

from workers.database.migrate import migrate

OURS = ("analyst", "cention", "feedback", "intake")


@pytest.fixture
def analyst(centre):
    centre.conn.execute("SET ROLE cention_analyst")
    return centre


def test_analysts_may_read_freshness_but_not_the_tables_behind_it(analyst):
    assert len(analyst.query("SELECT * FROM analyst.freshness")) == 4

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.query("SELECT * FROM intake.poll")


def test_analysts_may_read_every_table_and_view_of_their_schemas_and_no_other(centre):
    rights = centre.query(
        "SELECT n.nspname AS schema, bool_and(r.may) AS all, bool_or(r.may) AS any"
        " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " CROSS JOIN LATERAL (SELECT has_schema_privilege('cention_analyst', n.oid, 'USAGE')"
        " AND has_table_privilege('cention_analyst', c.oid, 'SELECT') AS may) AS r"
        " WHERE c.relkind IN ('r', 'v') AND n.nspname = ANY (%s) GROUP BY n.nspname",
        list(OURS),
    )

    assert {row["schema"]: (row["all"], row["any"]) for row in rights} == {
        "analyst": (True, True),
        "cention": (True, True),
        "feedback": (True, True),
        "intake": (False, False),
    }


def test_a_table_created_later_is_readable_too(centre):
    centre.conn.execute("CREATE TABLE feedback.later (workspace text)")

    centre.conn.execute("SET ROLE cention_analyst")

    assert centre.query("SELECT * FROM feedback.later") == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cention.errand SET subject = ''",
        "DELETE FROM cention.answer",
        "INSERT INTO cention.tag VALUES ('demo', 1, 'x', now())",
        "TRUNCATE cention.errand",
        "CREATE TABLE cention.own (n int)",
        "CREATE VIEW analyst.own AS SELECT 1",
        "CREATE TABLE public.own (n int)",
    ],
)
def test_analysts_change_nothing(analyst, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        analyst.conn.execute(statement)


def test_analysts_may_read_the_views_of_any_owner(centre):
    """Default privileges apply only to objects created by the role that set them."""
    centre.conn.execute(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA analyst REVOKE SELECT ON TABLES FROM cention_analyst"
    )
    centre.conn.execute("DELETE FROM intake.migration WHERE name LIKE 'views:%'")
    migrate(centre.conn)

    centre.conn.execute("SET ROLE cention_analyst")

    assert centre.query("SELECT count(*) AS n FROM analyst.errand_overview") == [{"n": 0}]
