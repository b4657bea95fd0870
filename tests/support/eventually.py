"""``eventually``: wait until a condition is true."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def eventually(condition: Callable[[], Answer], *, within_s: float = 30.0) -> Answer:
    """Call ``condition`` until its result is true, and return it; fail after ``within_s``."""
    deadline = time.monotonic() + within_s
    pause_s = 0.01
    while not (answer := condition()):
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.25)
    return answer
