"""`cention migrate` while analysts keep views of their own on those that it makes again."""

from __future__ import annotations

import psycopg
import pytest

from workers.operations.store import dictionary


@pytest.fixture
def earlier(bridge):
    """A connection to a migrated database of which the views are of another version."""
    with psycopg.connect(bridge.database, autocommit=True) as conn:
        conn.execute("UPDATE intake.migration SET name = 'views:x' WHERE name LIKE 'views:%'")
        conn.execute("CREATE ROLE ann LOGIN IN ROLE cention_analyst")
        conn.execute("CREATE SCHEMA own AUTHORIZATION ann")
        conn.execute("SET ROLE ann")
        yield conn
        conn.execute("RESET ROLE")
        conn.execute("DROP OWNED BY ann CASCADE")
        conn.execute("DROP ROLE ann")


def applied(conn):
    conn.execute("RESET ROLE")
    return conn.execute("SELECT * FROM intake.migration ORDER BY name").fetchall()


def test_nothing_is_changed_while_a_view_of_an_analyst_stands_on_one_of_ours(terminal, earlier):
    earlier.execute("CREATE VIEW own.late AS SELECT * FROM analyst.errand_overview")
    earlier.execute('CREATE MATERIALIZED VIEW own."Sena" AS SELECT subject FROM own.late')
    before = applied(earlier), dictionary.tables(earlier)

    result = terminal.run("migrate")

    assert result.exit_code == 1
    for part in ('own."Sena" of ann, own.late of ann', "nothing was changed", "pg_dump"):
        assert part in " ".join(result.output.split())
    assert (applied(earlier), dictionary.tables(earlier)) == before
    assert earlier.execute("SELECT count(*) FROM own.late").fetchall() == [(0,)]


def test_once_these_views_are_dropped_it_goes_on(terminal, earlier):
    earlier.execute("CREATE VIEW own.late AS SELECT * FROM analyst.errand_overview")
    terminal.run("migrate")
    earlier.execute("DROP VIEW own.late")

    assert terminal.run("migrate").exit_code == 0
    assert "views:x" not in [name for name, _ in applied(earlier)]


def test_views_that_stand_on_tables_stay(terminal, earlier):
    earlier.execute("CREATE VIEW own.plain AS SELECT errand_id FROM cention.errand")

    assert terminal.run("migrate").exit_code == 0
    assert earlier.execute("SELECT count(*) FROM own.plain").fetchall() == [(0,)]
