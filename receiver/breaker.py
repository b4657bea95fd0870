"""Whether Postgres is known to be away, so that no callback has to find out for itself."""

from __future__ import annotations

import threading

import structlog

from receiver import metrics

log = structlog.get_logger(__name__)


class Breaker:
    """Open while Postgres is known to be away. One for each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.is_open = False
        metrics.BREAKER.set(0)

    def open(self) -> bool:
        """Note that Postgres is away; tell whether that is news."""
        return self._turn(is_open=True)

    def close(self) -> None:
        """Note that Postgres is back."""
        self._turn(is_open=False)

    def _turn(self, *, is_open: bool) -> bool:
        with self._lock:
            if self.is_open is is_open:
                return False
            self.is_open = is_open
        metrics.BREAKER.set(is_open)
        log.warning("postgres is away, callbacks are spooled" if is_open else "postgres is back")
        return True
