"""Canaries: one row a queue, which shows that a worker consumes it."""

from __future__ import annotations

from workers.database import Connection, queries

SQL = queries.load(__name__)


def record_sent(conn: Connection, queue: str) -> None:
    """Record that a canary was sent."""
    conn.execute(SQL["record_canary_sent"], {"queue": queue})


def record_answer(conn: Connection, queue: str) -> None:
    """Record that a worker has answered."""
    conn.execute(SQL["record_canary_answer"], {"queue": queue})
