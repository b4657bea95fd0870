"""Remembers that Postgres is down, so that no callback has to wait to find out.

``durable_inbox`` opens it when a commit fails, ``spool_drain`` closes it after a commit.
"""

from __future__ import annotations

import threading

import structlog

from receiver import metrics

log = structlog.get_logger(__name__)


class CircuitBreaker:
    """Open while Postgres is known to be down. One for each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.is_open = False
        metrics.BREAKER.set(0)

    def trip(self) -> bool:
        """Open the breaker because Postgres is down; return whether it was closed until now."""
        return self._set(is_open=True)

    def reset(self) -> None:
        """Close the breaker because Postgres has committed again."""
        self._set(is_open=False)

    def _set(self, *, is_open: bool) -> bool:
        with self._lock:
            if self.is_open is is_open:
                return False
            self.is_open = is_open
        metrics.BREAKER.set(is_open)
        log.warning(
            "postgres is down, callbacks are spooled" if is_open else "postgres is up again"
        )
        return True
