"""The web process's ways to Postgres: one lasting connection to write, brief ones to ask."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import psycopg
from psycopg import Connection

from receiver.keeping import Write
from workers.operations.store import status
from workers.operations.store.status import Gauge
from workers.sync.store import callbacks
from workers.sync.store.callbacks import NewCallback

CONNECT_S = 2  # the shortest that libpq allows
STATEMENT_S = 1.5  # shorter than a sender waits
SPOOLED_STATEMENT_S = 5.0  # nobody waits for those that come out of the spool
SPOOLED_S = 10.0  # for all that is written over one connection out of the spool

_BROKEN = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)


def connect(url: str, *, statement_s: float = STATEMENT_S) -> Connection[Any]:
    """Open a connection on which every statement is a transaction and nothing waits for long.

    Raises ``psycopg.OperationalError``.
    """
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_S,
        tcp_user_timeout=CONNECT_S * 1000,  # a server that vanished without a word
        keepalives_idle=CONNECT_S,  # one that vanished while we wait for its answer
        options=f"-c statement_timeout={int(statement_s * 1000)}",
        application_name="cention receiver",
    )


class Inbox:
    """Writes callbacks over one connection, made when first needed and again when it died.

    For one thread, but for ``hang_up``.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._conn: Connection[Any] | None = None
        self._hung_up = False

    def write(self, new: Sequence[NewCallback]) -> None:
        """Commit all of ``new`` with one statement; those kept before change nothing.

        Raises ``psycopg.Error``. A connection that served before and is found broken, as after a
        restart of Postgres, is replaced, and the statement is sent again: even if the lost
        answer was a commit, the key of each row makes the second writing harmless.
        """
        served_before = self._conn is not None
        self._hung_up = False
        try:
            self._write(new)
        except psycopg.errors.QueryCanceled:
            raise  # something holds the table for long: a new connection would wait as well
        except _BROKEN:
            self.close()
            if self._hung_up or not served_before:
                raise
            self._write(new)

    def _write(self, new: Sequence[NewCallback]) -> None:
        if self._conn is None:
            self._conn = connect(self._url)
        callbacks.keep(self._conn, new)

    def hang_up(self) -> None:
        """Make the write under way fail, from another thread: nobody waits for it any more.

        Else a server that is frozen, or a network that swallows answers, would hold it for ever.
        """
        self._hung_up = True
        if (conn := self._conn) is not None:
            _hang_up(conn)

    def close(self) -> None:
        """Let go of the connection; the next write opens another."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None


@contextmanager
def open_inbox(url: str) -> Iterator[Write]:
    """Lend a way into the inbox that fails after ``SPOOLED_S``, whatever it is waiting for.

    Raises ``psycopg.Error``.
    """
    with connect(url, statement_s=SPOOLED_STATEMENT_S) as conn:
        alarm = threading.Timer(SPOOLED_S, _hang_up, [conn])
        alarm.daemon = True
        alarm.start()
        try:
            yield partial(callbacks.keep, conn)
        finally:
            alarm.cancel()
            alarm.join()


def _hang_up(conn: Connection[Any]) -> None:
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(conn.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def is_up(url: str) -> None:
    """Return if Postgres accepts us. Raises ``psycopg.OperationalError``."""
    connect(url).close()


def read_gauges(url: str) -> list[Gauge]:
    """Return what the operation tables can be measured by. Raises ``psycopg.Error``."""
    with connect(url) as conn:
        return status.gauges(conn)
