"""Connections to Postgres, as the workers use them."""

from __future__ import annotations

import psycopg
from psycopg_pool import ConnectionPool

from workers.database import Connection, queries

SQL = queries.load(__name__)

WAIT_S = 5.0  # for a free connection
# Just-in-time compilation takes longer than our statements; a lost client must not keep locks.
OPTIONS = (
    "-c TimeZone=UTC -c jit=off -c statement_timeout=120s"
    " -c idle_in_transaction_session_timeout=60s"
)


def open_pool(database_url: str) -> ConnectionPool[Connection]:
    """Open a pool of connections in autocommit mode; connects on first use."""
    return ConnectionPool(
        database_url,
        min_size=0,
        max_size=4,
        timeout=WAIT_S,
        max_idle=60.0,
        kwargs={"autocommit": True, "options": OPTIONS, "connect_timeout": 5},
        reset=_reset,
        open=True,
    )


def connect(database_url: str) -> Connection:
    """Open one connection; the caller owns its transaction."""
    return psycopg.connect(database_url, options=OPTIONS, connect_timeout=5)


def ping(conn: Connection) -> None:
    """Check that the session is alive. Raises ``psycopg.OperationalError`` if it is not."""
    conn.execute(SQL["ping"])


def _reset(conn: Connection) -> None:
    """Release the locks that a failed job may have left."""
    conn.execute(SQL["unlock_all"])
