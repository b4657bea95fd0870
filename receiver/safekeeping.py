"""A callback is kept in Postgres, or on local disk while Postgres is away."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TypeAlias

from receiver.breaker import Breaker
from receiver.keeping import GroupCommit, NotKept, Refused, Waiting
from workers.sync.store.callbacks import NewCallback

Spool: TypeAlias = Callable[[NewCallback], None]
"""Returns once the callback is on disk. Raises ``NotKept`` if it is not."""


class Safekeeping:
    """Asks Postgres first. Once it has failed, asks only the spool until it is known to be back."""

    def __init__(self, committer: GroupCommit, spool: Spool, breaker: Breaker) -> None:
        self._committer = committer
        self._spool = spool
        self._breaker = breaker

    def begin(self, callback: NewCallback, *, size_bytes: int) -> Safe:
        """Begin to make ``callback`` safe."""
        if self._breaker.is_open:
            return Safe(self, callback, None)
        return Safe(self, callback, self._committer.begin(callback, size_bytes=size_bytes))

    def finish(self, callback: NewCallback, waiting: Waiting | None) -> None:
        """Return once ``callback`` is safe. Raises ``NotKept`` if it can be stored nowhere."""
        if waiting is None or not self._committed(waiting):
            self._spool(callback)

    def _committed(self, waiting: Waiting) -> bool:
        try:
            waiting.confirm()
        except Refused:  # Postgres is there: whoever empties the spool finds out what is wrong
            return False
        except NotKept:
            if self._breaker.open():
                self._committer.give_up()
            return False
        return True


class Safe:
    """Pending: one callback is safe. ``confirm`` raises ``NotKept``."""

    def __init__(
        self, keeping: Safekeeping, callback: NewCallback, waiting: Waiting | None
    ) -> None:
        self._keeping = keeping
        self._callback = callback
        self._waiting = waiting  # for Postgres; None: for the spool

    @property
    def done(self) -> bool:
        return self._waiting is not None and self._waiting.done

    @property
    def until_s(self) -> float:
        return -inf if self._waiting is None else self._waiting.until_s

    def tell(self, then: Callable[[], None]) -> None:
        if self._waiting is not None:
            self._waiting.tell(then)

    def confirm(self) -> None:
        self._keeping.finish(self._callback, self._waiting)
