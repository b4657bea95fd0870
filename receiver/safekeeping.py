"""A callback is kept in Postgres, or on local disk while Postgres is away."""

from __future__ import annotations

from receiver.breaker import Breaker
from receiver.keeping import GroupCommit, Keep, NotKept, Refused
from workers.store.callbacks import NewCallback


class Safekeeping:
    """Asks Postgres first. Once it has failed, asks only the spool until it is known to be back."""

    def __init__(self, committer: GroupCommit, spool: Keep, breaker: Breaker) -> None:
        self._committer = committer
        self._spool = spool
        self._breaker = breaker

    def keep(self, callback: NewCallback) -> None:
        """Return once ``callback`` is safe. Raises ``NotKept`` if it can be stored nowhere."""
        if self._breaker.is_open or not self._committed(callback):
            self._spool(callback)

    def _committed(self, callback: NewCallback) -> bool:
        try:
            self._committer.keep(callback)
        except Refused:  # Postgres is there: whoever empties the spool finds out what is wrong
            return False
        except NotKept:
            if self._breaker.open():
                self._committer.give_up()
            return False
        return True
