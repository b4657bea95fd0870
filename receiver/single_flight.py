"""Shares one slow call among all who ask for its result at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Result = TypeVar("Result")


class SingleFlight(Generic[Result]):
    """Runs one function in a thread of its own, never twice at the same time.

    However often it is called, at most one thread and one connection are busy with it.
    """

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._lock = threading.Lock()
        self._running: Future[Result] | None = None

    def call(self) -> Future[Result]:
        """Return the result to come, which may be that of a call that is already under way."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                threading.Thread(target=self._run, args=(self._running,), daemon=True).start()
            return self._running

    def _run(self, future: Future[Result]) -> None:
        try:
            future.set_result(self._function())
        except Exception as error:
            future.set_exception(error)
