"""Ctrl-C between two requests: what was asked of Cention is answered before a command ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOTICE = b"\nStopping once Cention has answered what was sent. Ctrl-C again stops at once.\n"
PIECE_S = 0.2
STDERR = 2


class Shutdown:
    """Whether somebody has asked to stop."""

    def __init__(self) -> None:
        self.requested = False

    def pause(self, seconds: float) -> None:
        """Wait so long, or until somebody asks to stop."""
        ends_at = time.monotonic() + seconds
        while not self.requested and (left_s := ends_at - time.monotonic()) > 0:
            time.sleep(min(left_s, PIECE_S))


@contextmanager
def graceful_shutdown() -> Iterator[Shutdown]:
    """Take the first Ctrl-C or SIGTERM for a wish; the second has its usual effect.

    A request that is broken off may have been carried out, and somebody would have to look.
    """
    shutdown = Shutdown()
    usual = {number: signal.getsignal(number) for number in SIGNALS}

    def restore_handlers() -> None:
        for number, handler in usual.items():
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
