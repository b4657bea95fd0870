"""Canaries: one row a queue, which proves that a worker really takes nudges from it."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from workers.database import queries

SQL = queries.load(__name__)


def ask(conn: Connection[Any], queue: str) -> None:
    """Note that a canary was sent."""
    conn.execute(SQL["ask_canary"], {"queue": queue})


def answer(conn: Connection[Any], queue: str) -> None:
    """Note that a worker has answered."""
    conn.execute(SQL["answer_canary"], {"queue": queue})
