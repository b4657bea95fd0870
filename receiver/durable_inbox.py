"""Stores a callback in Postgres, or on local disk while Postgres is down, before it is answered.

    callbacks.DeferredResponse ──waits for──> PendingStore ──> Future[None] of GroupCommit
                                                   └─────────> the spool, if that fails or is late

A server with an event loop awaits the future first (``asgi``); any other server blocks in
``PendingStore.result``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Protocol, TypeAlias

from receiver.circuit_breaker import CircuitBreaker
from receiver.group_commit import CommitFailed, GroupCommit, RejectedByDatabase
from workers.sync.store.callbacks import NewCallback

COMMIT_WITHIN_S = 2.0  # then the callback is spooled, and the circuit breaker opens

AppendToSpool: TypeAlias = Callable[[NewCallback], None]
"""Returns once the callback is on disk. Raises ``StorageUnavailable`` if it is not."""


class StorageUnavailable(Exception):
    """The callback could be stored nowhere in time: its sender must send it again."""


class PendingStore(Protocol):
    """A callback that is being stored."""

    @property
    def commit(self) -> Future[None] | None:
        """Its commit in Postgres; ``None`` if it goes to the spool."""

    @property
    def deadline(self) -> float:
        """Until when to wait for the commit, by the monotonic clock."""

    def result(self) -> None:
        """Return once the callback is stored. Raises ``StorageUnavailable`` if it is nowhere.

        Returns at once if the commit has succeeded. Otherwise it may block: until the deadline,
        and while it writes to disk.
        """


class StoreCallback(Protocol):
    """Begins to store a callback."""

    def __call__(self, callback: NewCallback, *, size_bytes: int) -> PendingStore: ...


class DurableInbox:
    """Tries Postgres first; after a failure only the spool, until Postgres is known to work."""

    def __init__(
        self,
        committer: GroupCommit,
        append_to_spool: AppendToSpool,
        breaker: CircuitBreaker,
        *,
        within_s: float = COMMIT_WITHIN_S,
    ) -> None:
        self._committer = committer
        self._append_to_spool = append_to_spool
        self._breaker = breaker
        self._within_s = within_s

    def store(self, callback: NewCallback, *, size_bytes: int) -> PendingStore:
        """Begin to store ``callback``."""
        commit = None
        if not self._breaker.is_open:
            commit = self._committer.submit(callback, size_bytes=size_bytes)
        return _PendingStore(self, callback, commit, time.monotonic() + self._within_s)

    def finish(self, callback: NewCallback, commit: Future[None] | None, deadline: float) -> None:
        """See ``PendingStore.result``."""
        if commit is None or not self._is_committed(commit, deadline):
            self._append_to_spool(callback)

    def _is_committed(self, commit: Future[None], deadline: float) -> bool:
        try:
            commit.result(max(0.0, deadline - time.monotonic()))
        except RejectedByDatabase:  # Postgres works: the spool's drain finds out what is wrong
            return False
        except (CommitFailed, TimeoutError, CancelledError):
            commit.cancel()
            if self._breaker.trip():
                self._committer.fail_pending()
            return False
        return True


class _PendingStore:
    def __init__(
        self,
        inbox: DurableInbox,
        callback: NewCallback,
        commit: Future[None] | None,
        deadline: float,
    ) -> None:
        self._inbox = inbox
        self._callback = callback
        self.commit = commit
        self.deadline = deadline

    def result(self) -> None:
        self._inbox.finish(self._callback, self.commit, self.deadline)
