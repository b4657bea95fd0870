"""An event loop in a thread of its own, on which one process fetches many records at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class FetchLoop:
    """An event loop in a thread of its own. Make it after a fork; a fork does not copy its thread.

    ``concurrency``: how many fetches of a drain may be under way at once. A fetch that blocks runs
    in one of as many threads, by ``asyncio.to_thread``.
    """

    def __init__(self, concurrency: int) -> None:
        self.concurrency = concurrency
        self._closers: list[Callable[[], Awaitable[None]]] = []
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fetch-loop", daemon=True)
        self._thread.start()
        self._started.wait()

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call a function on the loop soon; its result is ignored."""
        self._loop.call_soon_threadsafe(function, *args)

    def begin(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin to run a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, and return its result or raise its exception."""
        return self.begin(coroutine).result()

    def on_close(self, closer: Callable[[], Awaitable[None]]) -> None:
        """Call ``closer`` on the loop when it is closed."""
        self._closers.append(closer)

    def close(self) -> None:
        """Close what was opened on the loop, end the loop, and wait for its threads."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(
            ThreadPoolExecutor(self.concurrency, thread_name_prefix="fetch")
        )
        self._stop = asyncio.Event()
        self._started.set()
        await self._stop.wait()
        for closer in self._closers:
            await closer()
