"""The receiver's connections to Postgres: one long-lived for writes, short-lived ones for reads."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import psycopg

from workers.database import Connection, session_settings
from workers.operations.store import gauges
from workers.operations.store.gauges import Gauge
from workers.spool.drain import Write
from workers.sync.store import callbacks
from workers.sync.store.callbacks import NewCallback

CONNECT_S = 2  # the shortest that libpq allows
STATEMENT_S = 1.5  # shorter than a sender waits
SPOOLED_STATEMENT_S = 5.0  # nobody waits for those from the spool
SPOOLED_S = 10.0  # for all that one connection writes from the spool

_BROKEN = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)


def connect(url: str, *, statement_s: float = STATEMENT_S) -> Connection:
    """Open a connection on which every statement is a transaction and nothing waits long.

    Raises ``psycopg.OperationalError``.
    """
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_S,
        tcp_user_timeout=CONNECT_S * 1000,  # a server that vanished while we send
        keepalives_idle=CONNECT_S,  # one that vanished while we wait for its answer
        application_name="cention receiver",
        **session_settings.keywords(url, f"statement_timeout={int(statement_s * 1000)}"),
    )


class InboxWriter:
    """Writes callbacks over one connection, opened when first needed and again after a failure.

    For one thread, except for ``abort``.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: Connection | None = None
        self._aborted = False

    def write(self, new: Sequence[NewCallback]) -> None:
        """Commit all of ``new`` with one statement; those stored before change nothing.

        Raises ``psycopg.Error``. A connection that served before and is found broken, as after a
        restart of Postgres, is replaced, and the statement is sent again: even if the lost
        answer was a commit, the key of each row makes the second writing harmless.
        """
        served_before = self._conn is not None
        self._aborted = False
        try:
            self._write(new)
        except psycopg.errors.QueryCanceled:
            raise  # something holds the table for long: a new connection would wait as well
        except _BROKEN:
            self.close()
            if self._aborted or not served_before:
                raise
            self._write(new)

    def _write(self, new: Sequence[NewCallback]) -> None:
        if self._conn is None:
            self._conn = connect(self._url)
        callbacks.insert(self._conn, new)

    def abort(self) -> None:
        """Make the write that is under way fail, from another thread.

        Otherwise a frozen server, or a network that drops packets, would hold it for ever.
        """
        self._aborted = True
        if (conn := self._conn) is not None:
            shut_down(conn)

    def close(self) -> None:
        """Close the connection; the next write opens another."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None


@contextmanager
def open_spool_writer(url: str) -> Iterator[Write]:
    """Yield a function that writes to the inbox, and that fails after ``SPOOLED_S`` in any case.

    Raises ``psycopg.Error``.
    """
    with connect(url, statement_s=SPOOLED_STATEMENT_S) as conn:
        watchdog = threading.Timer(SPOOLED_S, shut_down, [conn])
        watchdog.daemon = True
        watchdog.start()
        try:
            yield partial(callbacks.insert, conn)
        finally:
            watchdog.cancel()
            watchdog.join()


def shut_down(conn: Connection) -> None:
    """Cut a connection, from any thread: what waits for it fails."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(conn.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def is_up(url: str) -> None:
    """Return if Postgres accepts us. Raises ``psycopg.OperationalError``."""
    connect(url).close()


def read_gauges(url: str) -> list[Gauge]:
    """Return the figures of the operation tables. Raises ``psycopg.Error``."""
    with connect(url) as conn:
        return gauges.read_gauges(conn)
