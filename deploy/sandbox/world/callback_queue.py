"""The queue of callbacks to send, the earliest due first."""

from __future__ import annotations

import asyncio
import heapq
import itertools

from deploy.sandbox.world.records import Callback


class CallbackQueue:
    """A heap of callbacks in order of due time (epoch seconds)."""

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._heap: list[tuple[float, int, Callback]] = []
        self._arrivals = itertools.count()
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def full(self) -> bool:
        """Whether new callbacks must be rejected. A failed one may always be put back."""
        return len(self._heap) >= self._limit

    def put(self, callback: Callback, *, due_at: float) -> None:
        """Add ``callback``, due at ``due_at``."""
        heapq.heappush(self._heap, (due_at, next(self._arrivals), callback))
        self._changed.set()

    def take_due(self, now: float) -> Callback | None:
        """Remove and return the callback that has been due longest; ``None`` if none is due."""
        if self._heap and self._heap[0][0] <= now:
            return heapq.heappop(self._heap)[2]
        return None

    def next_due_at(self) -> float | None:
        """Return when the first callback is due; ``None`` if the queue is empty."""
        return self._heap[0][0] if self._heap else None

    async def changed(self, timeout_s: float | None) -> None:
        """Wait until a callback is added, at most ``timeout_s`` seconds."""
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        except TimeoutError:
            return
