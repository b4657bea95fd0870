"""The web process's ways to Postgres: one lasting connection to write, brief ones to ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import Connection

from workers.store import callbacks, status
from workers.store.callbacks import NewCallback
from workers.store.status import Gauge

CONNECT_S = 2  # the shortest that libpq allows
STATEMENT_S = 1.5  # shorter than a sender waits

_BROKEN = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)


def connect(url: str) -> Connection[Any]:
    """Open a connection on which every statement is a transaction and nothing waits for long.

    Raises ``psycopg.OperationalError``.
    """
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_S,
        tcp_user_timeout=CONNECT_S * 1000,  # a server that vanished without a word
        options=f"-c statement_timeout={int(STATEMENT_S * 1000)}",
        application_name="cention receiver",
    )


class Inbox:
    """Writes callbacks over one connection, made when first needed and again when it died.

    For one thread.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: Connection[Any] | None = None

    def write(self, new: Sequence[NewCallback]) -> None:
        """Commit all of ``new`` with one statement; those kept before change nothing.

        Raises ``psycopg.Error``. A connection that served before and is found broken, as after a
        restart of Postgres, is replaced, and the statement is sent again: even if the lost
        answer was a commit, the key of each row makes the second writing harmless.
        """
        served_before = self._conn is not None
        try:
            self._write(new)
        except psycopg.errors.QueryCanceled:
            raise  # something holds the table for long: a new connection would wait as well
        except _BROKEN:
            self.close()
            if not served_before:
                raise
            self._write(new)

    def _write(self, new: Sequence[NewCallback]) -> None:
        if self._conn is None:
            self._conn = connect(self._url)
        callbacks.keep(self._conn, new)

    def close(self) -> None:
        """Let go of the connection; the next write opens another."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None


def is_up(url: str) -> None:
    """Return if Postgres accepts us. Raises ``psycopg.OperationalError``."""
    connect(url).close()


def read_gauges(url: str) -> list[Gauge]:
    """Return what the operation tables can be measured by. Raises ``psycopg.Error``."""
    with connect(url) as conn:
        return status.gauges(conn)
