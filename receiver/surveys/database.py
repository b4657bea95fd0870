"""The connections that survey pages use: a few, kept open, and nothing that waits for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from receiver.database import CONNECT_S, shut_down
from workers.config.logs import RateLimitedWarning
from workers.database import Connection

CONNECTIONS = 4  # of each process: more pages at once would only wait for each other
WITHIN_S = 2.0  # for a connection, and again for all that one page does with it
STATEMENT_S = 1.5
AWAY_S = 1.0  # after a failure nobody waits to find out that Postgres is still away

Result = TypeVar("Result")


class DatabaseAway(Exception):
    """Postgres does not answer: nothing was read, and whether it was written is not known."""


class PageDatabase:
    """Runs the statements of pages, each time on a connection that works, or fails soon."""

    def __init__(self, url: str) -> None:
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            min_size=0,
            max_size=CONNECTIONS,
            timeout=WITHIN_S,
            max_idle=60.0,
            reconnect_timeout=AWAY_S,
            kwargs={
                "autocommit": True,
                "connect_timeout": CONNECT_S,
                "tcp_user_timeout": CONNECT_S * 1000,
                "options": f"-c statement_timeout={int(STATEMENT_S * 1000)} -c jit=off",
                "application_name": "cention receiver",
            },
            open=False,
        )
        self._away_until = 0.0
        self._lock = threading.Lock()
        self._failed = RateLimitedWarning("survey pages without a database")

    def run(self, work: Callable[[Connection], Result]) -> Result:
        """Return what ``work`` returns. Raises ``DatabaseAway``.

        ``work`` may be called twice, after a connection was found broken: whatever it writes must
        be harmless when it is written again.
        """
        if time.monotonic() < self._away_until:
            raise DatabaseAway
        self._pool.open()  # here: its threads would not outlive a fork
        try:
            return self._run_twice(work)
        except psycopg.Error as error:
            with self._lock:
                self._failed.warn(error=type(error).__name__, sqlstate=error.sqlstate)
            if isinstance(error, psycopg.OperationalError):
                self._away_until = time.monotonic() + AWAY_S
            raise DatabaseAway from None

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def _run_twice(self, work: Callable[[Connection], Result]) -> Result:
        try:
            return self._run(work)
        except (psycopg.errors.QueryCanceled, PoolTimeout, _Overdue):
            raise  # it would wait as long again
        except psycopg.OperationalError:
            self._pool.drain()  # after a restart of Postgres all of them are broken
            return self._run(work)

    def _run(self, work: Callable[[Connection], Result]) -> Result:
        with self._pool.connection() as conn:
            overdue = threading.Event()
            watchdog = threading.Timer(WITHIN_S, _abort, [conn, overdue])
            watchdog.daemon = True
            watchdog.start()
            try:
                return work(conn)
            except psycopg.OperationalError:
                if overdue.is_set():
                    raise _Overdue from None
                raise
            finally:
                watchdog.cancel()


class _Overdue(psycopg.OperationalError):
    """Postgres was silent: the connection was cut."""


def _abort(conn: Connection, overdue: threading.Event) -> None:
    overdue.set()
    shut_down(conn)
