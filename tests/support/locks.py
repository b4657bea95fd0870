"""Waits for what a killed process leaves behind in Postgres."""

from __future__ import annotations

import psycopg

from tests.support.eventually import eventually

HELD = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def wait_until_locks_are_free(conn: psycopg.Connection[object]) -> None:
    """Return once no session of the database holds an advisory lock; fail after 15 seconds."""
    eventually(lambda: conn.execute(HELD).fetchone() == (0,), within_s=15)
