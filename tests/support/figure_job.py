"""Runs the job that computes the figures of errands, as workers do."""

from __future__ import annotations

from workers.analytics.jobs.recompute import recompute
from workers.database import Connection, Transaction


def compute_figures(session: Transaction) -> None:
    """Compute until nothing is left; ``session`` yields connections in autocommit mode."""
    while recompute(session):
        pass


def wait_after_failures(conn: Connection) -> None:
    """Have what fails wait for an hour at once, which is longer than any test takes."""
    conn.execute(
        "CREATE OR REPLACE FUNCTION intake.next_retry_at(failures integer) RETURNS timestamptz"
        " LANGUAGE sql STABLE RETURN now() + interval '1 hour'"
    )
