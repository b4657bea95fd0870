"""Connections to Postgres, as the workers use them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from workers.database import Connection, queries, session_settings

SQL = queries.load(__name__)

WAIT_S = 5.0  # for a free connection
POOL_SIZE = 4  # connections, at most
# Just-in-time compilation takes longer than our statements; a lost client must not keep locks. One
# that vanished with its machine says nothing: it is asked, and gone when it is silent for 25 s.
SETTINGS = (
    "TimeZone=UTC",
    "jit=off",
    "statement_timeout=120s",
    "idle_in_transaction_session_timeout=60s",
    "tcp_keepalives_idle=10",
    "tcp_keepalives_interval=5",
    "tcp_keepalives_count=3",
)
# The same for a server that vanished, while we wait for its answer, and while we send.
LIMITS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # ms
}


def open_pool(database_url: str) -> ConnectionPool[Connection]:
    """Open a pool of connections in autocommit mode; connects on first use."""
    return ConnectionPool(
        database_url,
        min_size=0,
        max_size=POOL_SIZE,
        timeout=WAIT_S,
        max_idle=60.0,
        kwargs={"autocommit": True} | _keywords(database_url),
        open=True,
    )


def connect(database_url: str, *, within_s: int | None = None) -> Connection:
    """Open one connection; the caller owns its transaction.

    With ``within_s`` neither the connection nor an answer is waited for much longer than so many
    seconds. Raises ``psycopg.OperationalError``.
    """
    if within_s is None:
        return psycopg.connect(database_url, **_keywords(database_url))
    limits = {"connect_timeout": within_s, "tcp_user_timeout": 1000 * within_s}
    keywords = _keywords(database_url, f"statement_timeout={within_s}s")
    return psycopg.connect(database_url, **keywords | limits)


@contextmanager
def one_moment(conn: Connection) -> Iterator[None]:
    """Read everything as of one moment, in a transaction on a connection in autocommit mode."""
    conn.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
    try:
        with conn.transaction():
            yield
    finally:
        conn.set_isolation_level(None)


def ping(conn: Connection) -> None:
    """Check that the session is alive. Raises ``psycopg.OperationalError`` if it is not."""
    conn.execute(SQL["ping"])


def _keywords(database_url: str, *settings: str) -> dict[str, Any]:
    keywords = session_settings.keywords(database_url, *SETTINGS, *settings)
    return LIMITS | keywords
