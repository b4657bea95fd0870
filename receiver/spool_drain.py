"""Drains the spool: a thread in each process writes spooled callbacks to Postgres."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

import structlog

from receiver.circuit_breaker import CircuitBreaker
from receiver.notifier import Notify
from receiver.spool import Spool
from workers.config.logs import RateLimitedWarning
from workers.database.error_messages import reason_of_loss
from workers.spool import drain
from workers.spool.drain import SpooledCallback, Write

RUN_EVERY_S = 1.0
RUN_MAX_S = 4.0  # then a new connection is opened: no run depends on one for long

OpenWriter: TypeAlias = Callable[[], AbstractContextManager[Write]]
"""Yields a connection for one run, and closes it if it hangs. Raises ``psycopg.Error``."""

log = structlog.get_logger(__name__)


class SpoolDrainer:
    """Moves callbacks from the spool to Postgres every second, and resets the circuit breaker."""

    def __init__(
        self,
        spool: Spool,
        open_writer: OpenWriter,
        *,
        breaker: CircuitBreaker,
        notify: Notify,
    ) -> None:
        self._spool = spool
        self._open_writer = open_writer
        self._breaker = breaker
        self._notify = notify
        self._oldest: str | None = None
        self._failed = RateLimitedWarning("spool not drained")

    def start(self) -> None:
        """Start the thread. Call it after a process has forked: threads are not inherited."""
        threading.Thread(target=self._run, name="spool-drain", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                more = self.run_once()
            except Exception as error:  # the next run may succeed
                more = False
                self._failed.warn(
                    error=type(error).__name__,
                    sqlstate=getattr(error, "sqlstate", None),
                    reason=getattr(error, "strerror", None) or reason_of_loss(error),
                )
            if not more:
                time.sleep(RUN_EVERY_S)

    def run_once(self) -> bool:
        """Write spooled callbacks to Postgres, unless another process does; true if some are left.

        Raises ``psycopg.Error`` if Postgres is down, and ``OSError`` if the spool is broken; what
        could not be written stays in the spool.
        """
        try:
            self._spool.clean_up()
            return self._run_once()
        except OSError:
            if self._breaker.is_open:
                with self._open_writer() as write:
                    write([])
                self._breaker.reset()  # Postgres at least is there
            raise

    def _run_once(self) -> bool:
        before, self._oldest = self._oldest, self._spool.oldest()
        if self._oldest is None and not self._breaker.is_open:
            return False
        with self._spool.exclusive() as locked:
            if locked:
                return self._drain()
        if before and (self._oldest is None or self._oldest > before):
            self._breaker.reset()  # the other process reaches Postgres
        return False

    def _drain(self) -> bool:
        ends_at = time.monotonic() + RUN_MAX_S
        with self._open_writer() as write:
            write([])  # raises if Postgres accepts nothing, whatever the callbacks are
            for group in drain.groups(
                self._spool.waiting(), read=self._spool.read, set_aside=self._quarantine
            ):
                drain.store(group, write, done=self._done, set_aside=self._quarantine)
                self._breaker.reset()  # only a commit proves that Postgres can commit
                if time.monotonic() > ends_at:
                    return True
        self._breaker.reset()
        return False

    def _done(self, group: Sequence[SpooledCallback]) -> None:
        """Remove the files of callbacks that are committed, and nudge."""
        for each in group:
            self._spool.remove(each.name)
        for workspace in {each.callback.workspace for each in group}:
            self._notify(workspace)

    def _quarantine(self, name: str, reason: str) -> None:
        log.error("spooled callback set aside", file=name, reason=reason)
        try:
            self._spool.quarantine(name, reason)
        except OSError as error:  # it stays, and the next ones go on
            log.error("spooled callback not set aside", file=name, errno=error.errno)
