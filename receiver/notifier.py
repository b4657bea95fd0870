"""Nudges workers to file callbacks: one thread sends one nudge at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

from receiver import metrics
from workers.config import tracing
from workers.config.logs import RateLimitedWarning
from workers.config.tracing import TraceContext

PAUSE_S = 0.1  # at most: a busy process nudges each workspace 10 times a second
PAUSE_PER_CALLBACK_S = 0.02  # a quiet one nudges for each callback, and so without delay
PAUSE_AFTER_FAILURE_S = 1.0  # a broker that is down is tried once a second
PAUSE_WHILE_BEHIND_S = 0.2  # workers are asked so often whether they have caught up
MOST_TRACED = 64  # callbacks of one nudge that its trace names

Notify: TypeAlias = Callable[[str], None]
"""Requests that the callbacks of a workspace be filed. Returns at once and never fails."""


class WorkerNotifier:
    """Sends at most one nudge for a workspace at a time, however many callbacks arrive.

    After all workspaces that wait were nudged it pauses, and the longer, the more callbacks came
    since the last pause. While workers are behind it sends nothing, as the messages that wait do
    all the work, and each workspace waits for its turn. A nudge that fails is dropped: the sweep
    finds the callbacks within seconds. The thread starts with the first callback, so that a process
    may fork before.
    """

    def __init__(
        self,
        send: Callable[[str], None],
        *,
        may_send: Callable[[], bool],
        describe: Callable[[Exception], str],
    ) -> None:
        """``describe`` returns why ``send`` failed, without any text of the error.

        ``may_send`` returns whether a nudge may be sent now; it never fails.
        """
        self._send = send
        self._may_send = may_send
        self._describe = describe
        # Workspaces, and where in traces they were asked for.
        self._pending: dict[str, list[TraceContext | None]] = {}
        self._arrived = 0  # callbacks since the last pause; an estimate, counted without a lock
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._failed = RateLimitedWarning("nudges not sent")

    def notify(self, workspace: str) -> None:
        """Have a worker file the callbacks of ``workspace`` soon."""
        self._arrived += 1
        pending = self._pending.get(workspace)
        if pending is not None:  # that nudge is sent after this callback was committed
            if len(pending) < MOST_TRACED:
                pending.append(tracing.context())
            return
        with self._changed:
            self._pending.setdefault(workspace, []).append(tracing.context())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            for workspace in self._waiting():
                while not self._may_send():
                    time.sleep(PAUSE_WHILE_BEHIND_S)
                # First: a later callback needs another nudge.
                contexts = self._pending.pop(workspace, [])
                if not self._nudge(workspace, contexts):
                    time.sleep(PAUSE_AFTER_FAILURE_S)
            pause_s = min(PAUSE_S, self._arrived * PAUSE_PER_CALLBACK_S)
            self._arrived = 0
            time.sleep(pause_s)

    def _waiting(self) -> list[str]:
        with self._changed:
            while not self._pending:
                self._changed.wait()
            return list(self._pending)

    def _nudge(self, workspace: str, contexts: Sequence[TraceContext | None]) -> bool:
        try:
            with tracing.span("nudge", after=contexts):
                self._send(workspace)
        except Exception as error:  # the sweep finds the callbacks
            metrics.NUDGES.labels("failed").inc()
            self._failed.warn(reason=self._describe(error))
            return False
        metrics.NUDGES.labels("sent").inc()
        return True
