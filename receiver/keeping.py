"""Callbacks that arrive together are written together: one statement and one commit a group."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from math import inf
from queue import Empty, SimpleQueue
from typing import Protocol, TypeAlias

from psycopg import OperationalError

from receiver import metrics
from receiver.late import Pending
from workers.config.logs import Seldom
from workers.sync.store.callbacks import NewCallback

KEEP_WITHIN_S = 2.0  # how long a sender may wait for an answer
GROUP_MOST = 64  # callbacks in one statement
GROUP_BYTES = 2 * 1024 * 1024  # then no more are added: Postgres has to read it within its time
GATHER_S = 0.005  # at most, for the others: each commit costs more than that
GATHERED = 0.8  # of the callbacks that seem to be on their way; the rest is worked on meanwhile
SEEM_STILL = 0.9  # of as many as were on their way before

Write: TypeAlias = Callable[[Sequence[NewCallback]], None]
"""Writes all in one transaction or none, and returns once they are committed."""


class Keep(Protocol):
    """Begins to keep a callback."""

    def __call__(self, callback: NewCallback, *, size_bytes: int) -> Pending:
        """Return what is pending: that it is safe, or else ``NotKept``."""


class NotKept(Exception):
    """The callback could be stored nowhere in time: its sender must send it again."""


class Refused(NotKept):
    """Postgres is there, and would not have this callback."""


class Waiting:
    """A callback between the request that brought it and the thread that writes it."""

    def __init__(self, callback: NewCallback, size_bytes: int, within_s: float) -> None:
        self.callback = callback
        self.size_bytes = size_bytes
        self.until_s = time.monotonic() + within_s  # -inf once it is known that it is not kept
        self.done = False  # committed
        self.refused = False
        self.abandoned = False  # its request has answered; nobody waits any more
        self._then: Callable[[], None] = _nobody
        self._settled = threading.Lock()  # a quarter of the work that an Event is
        self._settled.acquire()

    def settle(self, *, kept: bool, refused: bool = False) -> Callable[[], None]:
        """Note how it went, and return whom to tell. To be called once."""
        self.refused = refused
        if kept:
            self.done = True
        else:
            self.until_s = -inf
        self._settled.release()
        return self._then

    def tell(self, then: Callable[[], None]) -> None:
        """See ``Pending``."""
        self._then = then
        if self.done or self.until_s == -inf:  # meanwhile
            then()

    def confirm(self) -> None:
        """Return once it is committed. Raises ``Refused``, and ``NotKept`` if it takes too long.

        One that is not kept may be committed all the same, if that was under way: a repeat of it
        changes nothing.
        """
        left_s = max(0.0, self.until_s - time.monotonic())
        if not self.done and not self._settled.acquire(timeout=left_s):
            self.abandoned = True
        if not self.done:
            raise Refused if self.refused else NotKept


def _nobody() -> None:
    """Nobody wants to be told."""


class GroupCommit:
    """Keeps callbacks of many requests through one thread, which writes whatever has gathered.

    Where many come at once it waits a moment for most of them; where they come one by one it
    waits for nothing. Its thread begins with the first callback, so that a process may
    fork before.
    """

    def __init__(
        self,
        write: Write,
        *,
        hang_up: Callable[[], None],
        within_s: float = KEEP_WITHIN_S,
        gather_s: float = GATHER_S,
    ) -> None:
        """``hang_up`` makes a write under way fail, from another thread."""
        self._write = write
        self._hang_up = hang_up
        self._within_s = within_s
        self._gather_s = gather_s
        self._arrived: SimpleQueue[Waiting] = SimpleQueue()
        self._on_their_way = 1.0  # callbacks at once
        self._awaited: float = inf  # arrivals that end the gathering; inf: nobody gathers
        self._enough = threading.Event()
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failed = Seldom("callbacks not committed")

    def begin(self, callback: NewCallback, *, size_bytes: int) -> Waiting:
        """Begin to commit ``callback``, which may take ``within_s`` seconds.

        Fails earlier if Postgres is away; is refused if it is there and would not have it.
        """
        waiting = Waiting(callback, size_bytes, self._within_s)
        self._arrived.put(waiting)
        if self._arrived.qsize() >= self._awaited:
            self._enough.set()
        if self._thread is None:
            self._start()
        return waiting

    def give_up(self) -> None:
        """Let nobody wait any longer for a Postgres that has fallen silent."""
        self._hang_up()
        _settle(self._gathered(), kept=False)

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
                self._write_all(group)
                now = len(group) + self._arrived.qsize()
                self._on_their_way = max(now, self._on_their_way * SEEM_STILL)

    def _next_group(self) -> list[Waiting]:
        first = self._arrived.get()
        self._gather(min(self._on_their_way, GROUP_MOST) * GATHERED - 1)
        group, size_bytes = [first], first.size_bytes
        arrived = self._gathered()
        while len(group) < GROUP_MOST and size_bytes < GROUP_BYTES:
            if (another := next(arrived, None)) is None:
                break
            group.append(another)
            size_bytes += another.size_bytes
        return group

    def _gather(self, more: float) -> None:
        """Wait until ``more`` have arrived, but for no longer than ``gather_s``."""
        self._enough.clear()
        self._awaited = more
        if self._arrived.qsize() < more:
            self._enough.wait(self._gather_s)
        self._awaited = inf

    def _gathered(self) -> Iterator[Waiting]:
        with suppress(Empty):
            while True:
                yield self._arrived.get_nowait()

    def _write_all(self, group: Sequence[Waiting]) -> None:
        """Write ``group`` and tell its requests; what poisons a group fails alone."""
        try:
            self._write([waiting.callback for waiting in group])
        except Exception as error:  # whatever it is, the thread must go on and the requests know
            if len(group) > 1 and not isinstance(error, OperationalError):
                for waiting in group:
                    self._write_all([waiting])
                return
            _settle(group, kept=False, refused=not isinstance(error, OperationalError))
            self._failed.warn(error=type(error).__name__, sqlstate=getattr(error, "sqlstate", None))
            return
        _settle(group, kept=True)


def _settle(group: Iterable[Waiting], *, kept: bool, refused: bool = False) -> None:
    """Settle all, and only then tell whoever waits for them, and for many of them only once."""
    for then in {waiting.settle(kept=kept, refused=refused) for waiting in group}:
        then()
