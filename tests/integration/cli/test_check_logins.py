"""`cention check` names logins of analysts whose queries nothing ends."""

from __future__ import annotations

import psycopg
import pytest

from workers.operations.jobs.checks import database as database_check


@pytest.fixture
def ann(bridge):
    """A connection to a database with a login of an analyst, ``ann``, that has no time limit."""
    with psycopg.connect(bridge.database, autocommit=True) as conn:
        conn.execute("CREATE ROLE ann LOGIN IN ROLE cention_analyst")
        yield conn
        conn.execute("DROP ROLE ann")
        conn.execute(f"ALTER DATABASE {conn.info.dbname} RESET statement_timeout")


def remedies(conn):
    return [one.remedy for one in database_check.logins(conn)]


def test_a_login_of_an_analyst_without_a_time_limit_is_named_with_the_remedy(terminal, ann):
    remedy = "Run as a superuser: ALTER ROLE ann SET statement_timeout = '10min'"

    assert remedies(ann) == [remedy]
    assert remedy in [one["remedy"] for one in terminal.json("check") if one["level"] == "warning"]


def test_a_login_that_reads_figures_alone_is_named_too(ann):
    ann.execute("REVOKE cention_analyst FROM ann")
    ann.execute("GRANT cention_figures TO ann")

    assert len(remedies(ann)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER ROLE ann SET statement_timeout = '10min'",
        "ALTER ROLE ann IN DATABASE {database} SET statement_timeout = '10min'",
        "ALTER DATABASE {database} SET statement_timeout = '10min'",
        "ALTER ROLE ann NOLOGIN",
        "REVOKE cention_analyst FROM ann",
    ],
)
def test_a_login_with_a_time_limit_or_that_is_none_of_an_analyst_is_not_named(ann, statement):
    ann.execute(statement.format(database=ann.info.dbname))

    assert remedies(ann) == []


def test_a_login_whose_own_limit_is_none_is_named_whatever_the_database_sets(ann):
    ann.execute(f"ALTER DATABASE {ann.info.dbname} SET statement_timeout = '10min'")
    ann.execute("ALTER ROLE ann SET statement_timeout = 0")

    assert len(remedies(ann)) == 1
