"""The role cention_figures: reads figures and ids, and nothing by which a person is known."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import sql

from tests.support.databases import database_copy
from tests.support.two_workspaces import Workspaces
from workers.database.migrate import migrate

PLANTED = "Planted Person"
PLANTS = {"text": PLANTED, "text[]": f'{{"{PLANTED}"}}', "jsonb": f'{{"t": "{PLANTED}"}}'}
# Chosen from a set or from the configuration: without them the views find no row.
NOT_PLANTED = {
    *(
        "cention.area.name",
        "cention.service.name",
        "cention.tag.name",
        "cention.workspace.timezone",
    ),
    *("workspace", "kind", "family", "mirror", "vendor", "event", "rule", "state", "origin"),
    *("channel", "language", "verdict", "reason", "source", "what", "feedback.rule.name"),
}
READABLE = """
SELECT c.relname AS view, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'analyst'::regnamespace AND c.relkind IN ('r', 'v')
  AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT')
GROUP BY c.relname ORDER BY c.relname
"""


@pytest.fixture(scope="module")
def planted(postgres, template):
    """A database with a row of each table, whose texts name a person."""
    with (
        database_copy(postgres, template) as url,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        filled = Workspaces(conn, now=datetime.now(UTC), with_other=False)
        for table, columns in filled.tables.items():
            for column in columns:
                named = {column.name, f"{table}.{column.name}"} & NOT_PLANTED
                if column.type in PLANTS and not (column.in_key or column.choices or named):
                    conn.execute(f"UPDATE {table} SET {column.name} = %s", [PLANTS[column.type]])
        yield conn


def read(conn, role):
    """Return, by view and column, the texts that a role reads."""
    rows = conn.execute(READABLE, [role]).fetchall()
    conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    try:
        return {
            f"{view}.{column}": [
                text
                for (text,) in conn.execute(
                    sql.SQL("SELECT {}::text FROM {}").format(
                        sql.Identifier(column), sql.Identifier("analyst", view)
                    )
                )
            ]
            for view, columns in rows
            for column in columns
        }
    finally:
        conn.execute("RESET ROLE")


def showing(found):
    return {where for where, texts in found.items() if any(PLANTED in str(t) for t in texts)}


def test_no_column_that_it_reads_names_a_person(planted):
    figures, analysts = read(planted, "cention_figures"), read(planted, "cention_analyst")

    assert showing(figures) == set()
    assert len([where for where, texts in figures.items() if texts]) > 150
    assert {
        *("errand_overview.subject", "errand_overview.from_address", "errand_overview.agent_name"),
        *("survey_answer.comment", "survey_answer.agent_name", "errand_overview.answer_body"),
    } <= showing(analysts)


def test_of_every_view_it_reads_something_and_of_agents_their_ids(planted):
    figures = read(planted, "cention_figures")

    views = planted.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'analyst'::regnamespace"
        " AND relkind IN ('r', 'v')"
    ).fetchall()
    assert {where.split(".")[0] for where in figures} == {name for (name,) in views}
    assert "agent_day.agent_id" in figures
    assert not [where for where in figures if where.endswith(("agent_name", "login_name"))]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM analyst.errand_overview",
        "SELECT from_address FROM analyst.errand_overview",
        "SELECT count(*) FROM cention.errand",
        "SELECT count(*) FROM feedback.answer",
        "SELECT count(*) FROM intake.callback",
        "DELETE FROM analyst.errand_metrics",
    ],
)
def test_it_reads_nothing_else_and_changes_nothing(centre, query):
    centre.conn.execute("SET ROLE cention_figures")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        centre.conn.execute(query)


def test_a_text_that_is_new_is_hidden_until_it_is_named(centre):
    centre.conn.execute("CREATE VIEW analyst.later AS SELECT 1 AS n, 'x'::text AS remark")
    migrate(centre.conn)

    rows = centre.query(READABLE, "cention_figures")

    assert {row["view"]: row["columns"] for row in rows}["later"] == ["n"]


@pytest.mark.parametrize("role", ["cention_analyst", "cention_figures"])
def test_every_column_can_be_read_where_nothing_may_be_written(planted, role):
    planted.execute("SET default_transaction_read_only = on")
    try:
        assert read(planted, role)
    finally:
        planted.execute("RESET default_transaction_read_only")
