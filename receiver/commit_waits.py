"""Lets an event loop wait for commits that end in another thread."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import TypeAlias

Waiter: TypeAlias = "asyncio.Future[None]"


class CommitWaits:
    """What waits for commits in one event loop.

    The commits of a group end together, so the loop is woken once for all of them. One timer is
    enough for all deadlines, since each commit has the same time.
    """

    def __init__(self) -> None:
        self._ended: deque[Waiter] = deque()  # to be woken; another thread appends
        self._is_called = False  # the loop will wake them
        self._deadlines: dict[Waiter, float] = {}  # the next one to end comes first
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, commit: Future[None], *, until: float) -> None:
        """Return once ``commit`` has ended, or at ``until`` by the monotonic clock.

        It is not cancelled.
        """
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._deadlines[waiter] = until
        commit.add_done_callback(partial(self._note, loop, waiter))
        if self._timer is None:
            self._set_timer(loop, until)
        try:
            await waiter
        finally:
            del self._deadlines[waiter]

    def _note(self, loop: asyncio.AbstractEventLoop, waiter: Waiter, _: Future[None]) -> None:
        # Appended first, and in `_wake` the mark is removed first: so none is forgotten.
        self._ended.append(waiter)
        if not self._is_called:
            self._is_called = True
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._is_called = False
        while self._ended:
            _end(self._ended.popleft())

    def _set_timer(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        self._timer = loop.call_later(until - time.monotonic(), self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = time.monotonic()
        for waiter, until in self._deadlines.items():
            if until > now:
                self._set_timer(loop, until)
                return
            _end(waiter)


def _end(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_result(None)
