"""Callbacks that arrive together are written together: one statement and one commit a group."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TypeAlias

from psycopg import OperationalError

from receiver import metrics
from workers.logs import Seldom
from workers.store.callbacks import NewCallback

KEEP_WITHIN_S = 2.0  # how long a sender may wait for an answer
GROUP_MOST = 64  # callbacks in one statement

Keep: TypeAlias = Callable[[NewCallback], None]
"""Returns once the callback is safe. Raises ``NotKept`` if it is not."""

Write: TypeAlias = Callable[[Sequence[NewCallback]], None]
"""Writes all in one transaction or none, and returns once they are committed."""


class NotKept(Exception):
    """The callback could be stored nowhere in time: its sender must send it again."""


class Refused(NotKept):
    """Postgres is there, and would not have this callback."""


class _Waiting:
    """A callback between the request that brought it and the thread that writes it."""

    __slots__ = ("_settled", "abandoned", "callback", "kept", "refused")

    def __init__(self, callback: NewCallback) -> None:
        self.callback = callback
        self.kept = False
        self.refused = False
        self.abandoned = False  # its request has answered; nobody waits any more
        self._settled = threading.Event()

    def settle(self, *, kept: bool, refused: bool = False) -> None:
        self.kept, self.refused = kept, refused
        self._settled.set()

    def wait(self, within_s: float) -> bool:
        """Return whether it was kept in time."""
        self.abandoned = not self._settled.wait(within_s)
        return self.kept


class GroupCommit:
    """Keeps callbacks for many threads through one, which writes whatever has gathered.

    Its thread begins with the first callback, so that a process may fork before.
    """

    def __init__(
        self, write: Write, *, hang_up: Callable[[], None], within_s: float = KEEP_WITHIN_S
    ) -> None:
        """``hang_up`` makes a write under way fail, from another thread."""
        self._write = write
        self._hang_up = hang_up
        self._within_s = within_s
        self._arrived: SimpleQueue[_Waiting] = SimpleQueue()
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failed = Seldom("callbacks not committed")

    def keep(self, callback: NewCallback) -> None:
        """Return once ``callback`` is committed.

        Raises ``NotKept`` after ``within_s`` seconds, or earlier if Postgres is away, and
        ``Refused`` if it is there and would not have the callback. One that is not kept
        may be committed all the same, if that was under way: a repeat of it changes nothing.
        """
        waiting = _Waiting(callback)
        self._arrived.put(waiting)
        if self._thread is None:
            self._start()
        if not waiting.wait(self._within_s):
            raise Refused if waiting.refused else NotKept

    def give_up(self) -> None:
        """Let nobody wait any longer for a Postgres that has fallen silent."""
        self._hang_up()
        for waiting in self._gathered():
            waiting.settle(kept=False)

    def _start(self) -> None:
        with self._start_lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="keeping", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            group = [waiting for waiting in self._next_group() if not waiting.abandoned]
            if group:
                metrics.GROUP_SIZE.observe(len(group))
                self._settle(group)

    def _next_group(self) -> list[_Waiting]:
        return [self._arrived.get(), *islice(self._gathered(), GROUP_MOST - 1)]

    def _gathered(self) -> Iterator[_Waiting]:
        with suppress(Empty):
            while True:
                yield self._arrived.get_nowait()

    def _settle(self, group: Sequence[_Waiting]) -> None:
        """Write ``group`` and tell its requests; what poisons a group fails alone."""
        try:
            self._write([waiting.callback for waiting in group])
        except Exception as error:  # whatever it is, the thread must go on and the requests know
            if len(group) > 1 and not isinstance(error, OperationalError):
                for waiting in group:
                    self._settle([waiting])
                return
            self._failed.warn(error=type(error).__name__, sqlstate=getattr(error, "sqlstate", None))
            for waiting in group:
                waiting.settle(kept=False, refused=not isinstance(error, OperationalError))
            return
        for waiting in group:
            waiting.settle(kept=True)
