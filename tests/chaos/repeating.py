"""Work that goes on beside a campaign."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests


@contextmanager
def repeating(work: Callable[[], None], *, every_s: float) -> Iterator[None]:
    """Call ``work`` every few seconds in a thread of its own; a busy sandbox makes it wait."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every_s):
            with contextlib.suppress(requests.RequestException):  # the sandbox is busy
                work()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
