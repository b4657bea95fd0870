"""Commits callbacks that arrive together with one statement and one transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil

from psycopg import OperationalError

from receiver import metrics
from workers.config import tracing
from workers.config.logs import RateLimitedWarning
from workers.config.tracing import TraceContext
from workers.database import error_messages
from workers.spool.drain import Write
from workers.sync.store.callbacks import NewCallback

MAX_GROUP = 64  # callbacks in one statement
GROUP_BYTES = 2 * 1024 * 1024  # then no more are added: Postgres has to read it within its time
GATHER_S = 0.005  # at most, for the others: each commit costs more than that
GROUP_SHARE = 0.8  # of the callbacks expected at once: the rest may still be parsed
ESTIMATE_DECAY = 0.9  # of the number expected, with each group that is smaller


class CommitFailed(Exception):
    """Postgres is down: the callback was not committed."""


class RejectedByDatabase(CommitFailed):
    """Postgres works, and refuses this callback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCommit:
    """A callback on its way from its request to the thread that writes it."""

    callback: NewCallback
    size_bytes: int
    context: TraceContext | None = field(default_factory=tracing.context)
    committed: Future[None] = field(default_factory=Future)


class GroupCommit:
    """Commits the callbacks of many requests through one thread, which writes what has gathered.

    Where many arrive at once it waits a moment for most of them, and its thread sleeps until then;
    where they arrive one by one it waits for nothing. The thread starts with the first callback, so
    that a process may fork before.
    """

    def __init__(
        self, write: Write, *, abort: Callable[[], None], gather_s: float = GATHER_S
    ) -> None:
        """``abort`` makes a write that is under way fail, from another thread."""
        self._write = write
        self._abort = abort
        self._gather_s = gather_s
        self._arrived: deque[PendingCommit] = deque()
        self._expected = 1.0  # callbacks at once, estimated
        self._wake_at = 1  # so many arrivals wake the thread
        self._enough = threading.Event()
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failed = RateLimitedWarning("callbacks not committed")

    def submit(self, callback: NewCallback, *, size_bytes: int) -> Future[None]:
        """Return the commit of ``callback`` as a future.

        It fails with ``CommitFailed`` if Postgres is down, and with ``RejectedByDatabase``
        if Postgres works and refuses the callback. Cancelled before its group is written, the
        callback is not written; one that is being written may be committed all the same, and a
        repeat of it changes nothing.
        """
        pending = PendingCommit(callback=callback, size_bytes=size_bytes)
        self._arrived.append(pending)
        if len(self._arrived) >= self._wake_at and not self._enough.is_set():
            self._enough.set()
        if self._thread is None:
            self._start()
        return pending.committed

    def fail_pending(self) -> None:
        """Fail every commit that waits, and the one under way: Postgres has gone silent."""
        self._abort()
        for pending in self._take_arrived():
            if pending.committed.set_running_or_notify_cancel():
                pending.committed.set_exception(CommitFailed())

    def _start(self) -> None:
        with self._start_lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            # From here on none of them can be cancelled.
            group = [
                pending
                for pending in self._next_group()
                if pending.committed.set_running_or_notify_cancel()
            ]
            if group:
                metrics.GROUP_SIZE.observe(len(group))
                self._commit(group)
            now = len(group) + len(self._arrived)
            self._expected = max(now, self._expected * ESTIMATE_DECAY)

    def _next_group(self) -> list[PendingCommit]:
        """Return what has gathered; nothing, if for a moment nothing came."""
        self._gather(ceil(min(self._expected, MAX_GROUP) * GROUP_SHARE))
        group: list[PendingCommit] = []
        size_bytes = 0
        arrived = self._take_arrived()
        while len(group) < MAX_GROUP and size_bytes < GROUP_BYTES:
            if (another := next(arrived, None)) is None:
                break
            group.append(another)
            size_bytes += another.size_bytes
        return group

    def _gather(self, enough: int) -> None:
        """Wait until ``enough`` have arrived: of several for ``gather_s`` at most."""
        self._wake_at = enough
        self._enough.clear()
        if len(self._arrived) < enough:
            self._enough.wait(self._gather_s if enough > 1 else None)

    def _take_arrived(self) -> Iterator[PendingCommit]:
        with suppress(IndexError):
            while True:
                yield self._arrived.popleft()

    def _commit(self, group: Sequence[PendingCommit]) -> None:
        """Commit ``group`` and set its results; a callback that Postgres refuses fails alone."""
        try:
            with tracing.span("commit callbacks", after=(one.context for one in group)):
                self._write([pending.callback for pending in group])
        except (
            Exception
        ) as error:  # whatever it is, the thread goes on and the requests get to know
            if len(group) > 1 and not isinstance(error, OperationalError):
                for pending in group:
                    self._commit([pending])
                return
            is_down = isinstance(error, OperationalError)
            failure = CommitFailed if is_down else RejectedByDatabase
            for pending in group:
                pending.committed.set_exception(failure())
            self._failed.warn(
                error=type(error).__name__,
                sqlstate=getattr(error, "sqlstate", None),
                reason=error_messages.reason_of_loss(error),
            )
            return
        for pending in group:
            pending.committed.set_result(None)
