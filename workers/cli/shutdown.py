"""Stops a command between two requests: Ctrl-C waits for the response to the last one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOTICE = b"\nStopping after Cention's response to the last request. Ctrl-C again stops at once.\n"
CHECK_EVERY_S = 0.2
STDERR = 2


class Shutdown:
    """Whether a stop was requested."""

    def __init__(self) -> None:
        self.requested = False

    def pause(self, seconds: float) -> None:
        """Sleep, but not longer than until a stop is requested."""
        ends_at = time.monotonic() + seconds
        while not self.requested and (left_s := ends_at - time.monotonic()) > 0:
            time.sleep(min(left_s, CHECK_EVERY_S))


@contextmanager
def graceful_shutdown() -> Iterator[Shutdown]:
    """Treat the first Ctrl-C or SIGTERM as a request to stop; the second acts as usual.

    The outcome of an interrupted request would be unknown.
    """
    shutdown = Shutdown()
    previous = {number: signal.getsignal(number) for number in SIGNALS}

    def restore_handlers() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def on_signal(_number: int, _frame: Any) -> None:
        shutdown.requested = True
        restore_handlers()
        os.write(STDERR, NOTICE)  # print() may be what was interrupted

    for number in SIGNALS:
        signal.signal(number, on_signal)
    try:
        yield shutdown
    finally:
        restore_handlers()
