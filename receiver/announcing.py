"""After a callback is kept, a worker is nudged, by a thread of its own and never twice at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeAlias

from receiver import metrics
from workers.config.logs import Seldom

PAUSE_S = 0.1  # between nudges: at most 10 a second from each process
PAUSE_AFTER_FAILURE_S = 1.0  # a broker that is down is asked once a second

Announce: TypeAlias = Callable[[str], None]
"""Says that a workspace has callbacks waiting. Returns at once and never fails."""


class Announcer:
    """Sends at most one nudge a workspace at a time, whatever number of callbacks came.

    A nudge that fails is forgotten: the sweep finds the callbacks within seconds. The thread
    begins with the first callback, so that a process may fork before.
    """

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._waiting: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._failed = Seldom("nudges not sent")

    def announce(self, workspace: str) -> None:
        """Have a worker look at the callbacks of ``workspace`` soon."""
        if workspace in self._waiting:  # its nudge is still to come, and comes after this callback
            return
        with self._changed:
            self._waiting.add(workspace)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="announcing", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            pause_s = PAUSE_S if self._nudge(self._next()) else PAUSE_AFTER_FAILURE_S
            time.sleep(pause_s)

    def _next(self) -> str:
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            return self._waiting.pop()

    def _nudge(self, workspace: str) -> bool:
        try:
            self._send(workspace)
        except Exception as error:  # the sweep finds the callbacks
            metrics.NUDGES.labels("failed").inc()
            self._failed.warn(error=type(error).__name__)
            return False
        metrics.NUDGES.labels("sent").inc()
        return True
