"""Drains the spool: a thread in each process writes spooled callbacks to Postgres."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias

import psycopg
import structlog

from receiver.circuit_breaker import CircuitBreaker
from receiver.group_commit import Write
from receiver.notifier import Notify
from receiver.spool import Spool
from workers.config.logs import RateLimitedWarning
from workers.database.error_messages import reason_of_loss
from workers.spool import record
from workers.spool.record import CorruptSpoolFile
from workers.sync.store.callbacks import NewCallback

RUN_EVERY_S = 1.0
RUN_MAX_S = 4.0  # then a new connection is opened: no run depends on one for long
MAX_GROUP = 500  # callbacks in one statement
GROUP_BYTES = 4 * 1024 * 1024
# The machine or this process is at fault, not the file.
_MACHINE_ERRORS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)

OpenWriter: TypeAlias = Callable[[], AbstractContextManager[Write]]
"""Yields a connection for one run, and closes it if it hangs. Raises ``psycopg.Error``."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledCallback:
    """A callback that was read from the spool."""

    name: str
    callback: NewCallback


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
            for group in self._groups():
                self._store(group, write)
                self._breaker.reset()  # only a commit proves that Postgres can commit
                if time.monotonic() > ends_at:
                    return True
        self._breaker.reset()
        return False

    def _groups(self) -> Iterator[list[SpooledCallback]]:
        group: list[SpooledCallback] = []
        size_bytes = 0
        for name in self._spool.waiting():
            content = self._read(name)
            if content is None:
                continue
            callback = self._load(name, content)
            if callback is None:
                continue
            group.append(SpooledCallback(name=name, callback=callback))
            size_bytes += len(content)
            if len(group) >= MAX_GROUP or size_bytes >= GROUP_BYTES:
                yield group
                group, size_bytes = [], 0
        if group:
            yield group

    def _read(self, name: str) -> bytes | None:
        try:
            return self._spool.read(name)
        except FileNotFoundError:  # removed meanwhile
            return None
        except OSError as error:
            if error.errno in _MACHINE_ERRORS:
                raise
            self._quarantine(name, f"cannot be read: {error.strerror}")
            return None

    def _load(self, name: str, content: bytes) -> NewCallback | None:
        try:
            return record.load(content)
        except CorruptSpoolFile as error:
            self._quarantine(name, str(error))
            return None

    def _store(self, group: Sequence[SpooledCallback], write: Write) -> None:
        """Commit ``group``, then remove its files; what Postgres refuses goes to ``bad/``."""
        try:
            write([each.callback for each in group])
        except Exception as error:
            if _is_down(error):
                raise
            if len(group) > 1:
                for each in group:
                    self._store([each], write)
                return
            write([])  # raises if it is Postgres that is at fault, not the callback
            self._quarantine(group[0].name, f"refused: {_describe(error)}")
            return
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


def _is_down(error: Exception) -> bool:
    """Return whether Postgres cannot work, and not only refuses this callback."""
    too_much = (getattr(error, "sqlstate", None) or "").startswith("54")  # program limit exceeded
    return isinstance(error, psycopg.OperationalError) and not too_much


def _describe(error: Exception) -> str:
    """Return the reason of a refusal, without any text of the callback."""
    return f"{type(error).__name__} {getattr(error, 'sqlstate', None) or ''}".strip()
