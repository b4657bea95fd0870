"""Nudges workers to file callbacks: one thread sends one nudge at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeAlias

from receiver import metrics
from workers.config.logs import RateLimitedWarning

PAUSE_S = 0.1  # between nudges: at most 10 a second from each process
PAUSE_AFTER_FAILURE_S = 1.0  # a broker that is down is tried once a second

Notify: TypeAlias = Callable[[str], None]
"""Requests that the callbacks of a workspace be filed. Returns at once and never fails."""


class WorkerNotifier:
    """Sends at most one nudge for a workspace at a time, however many callbacks arrive.

    A nudge that fails is dropped: the sweep finds the callbacks within seconds. The thread
    starts with the first callback, so that a process may fork before.
    """

    def __init__(
        self, send: Callable[[str], None], *, describe: Callable[[Exception], str]
    ) -> None:
        """``describe`` returns why ``send`` failed, without any text of the error."""
        self._send = send
        self._describe = describe
        self._pending: set[str] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._failed = RateLimitedWarning("nudges not sent")

    def notify(self, workspace: str) -> None:
        """Have a worker file the callbacks of ``workspace`` soon."""
        if workspace in self._pending:  # that nudge is sent after this callback was committed
            return
        with self._changed:
            self._pending.add(workspace)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            pause_s = PAUSE_S if self._nudge(self._next()) else PAUSE_AFTER_FAILURE_S
            time.sleep(pause_s)

    def _next(self) -> str:
        with self._changed:
            while not self._pending:
                self._changed.wait()
            return self._pending.pop()

    def _nudge(self, workspace: str) -> bool:
        try:
            self._send(workspace)
        except Exception as error:  # the sweep finds the callbacks
            metrics.NUDGES.labels("failed").inc()
            self._failed.warn(reason=self._describe(error))
            return False
        metrics.NUDGES.labels("sent").inc()
        return True
