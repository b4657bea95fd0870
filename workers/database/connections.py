"""Connections to Postgres, as the workers use them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from workers.database import Connection, queries, session_settings

SQL = queries.load(__name__)

WAIT_S = 5.0  # for a free connection
# Just-in-time compilation takes longer than our statements; a lost client must not keep locks.
SETTINGS = (
    "TimeZone=UTC",
    "jit=off",
    "statement_timeout=120s",
    "idle_in_transaction_session_timeout=60s",
)


def open_pool(database_url: str) -> ConnectionPool[Connection]:
    """Open a pool of connections in autocommit mode; connects on first use."""
    return ConnectionPool(
        database_url,
        min_size=0,
        max_size=4,
        timeout=WAIT_S,
        max_idle=60.0,
        kwargs={"autocommit": True} | _keywords(database_url),
        reset=_reset,
        open=True,
    )


def connect(database_url: str) -> Connection:
    """Open one connection; the caller owns its transaction."""
    return psycopg.connect(database_url, **_keywords(database_url))


def ping(conn: Connection) -> None:
    """Check that the session is alive. Raises ``psycopg.OperationalError`` if it is not."""
    conn.execute(SQL["ping"])


def _keywords(database_url: str) -> dict[str, Any]:
    return {"connect_timeout": 5} | session_settings.keywords(database_url, *SETTINGS)


def _reset(conn: Connection) -> None:
    """Release the locks that a failed job may have left."""
    conn.execute(SQL["unlock_all"])
