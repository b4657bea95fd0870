"""Processes that die at a chosen instant: between any two calls of the operating system."""

from __future__ import annotations

import fcntl
import hashlib
import multiprocessing
import os
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from receiver import database, spool_drain
from receiver.circuit_breaker import CircuitBreaker
from receiver.spool import Spool
from receiver.spool_drain import SpoolDrainer
from workers.sync.store.callbacks import NewCallback

KILLED = 77
MAX_BYTES = 10**6
CALLS = (
    *((os, call) for call in ("open", "write", "fsync", "close", "rename", "unlink", "mkdir")),
    *((os, call) for call in ("listdir", "scandir")),
    (fcntl, "flock"),
)

_open, _write = os.open, os.write

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


class Fuse:
    """Ends the process at one instant; one lies before and one after each call."""

    def __init__(self, instant: int) -> None:
        self._left = instant

    def burn(self) -> None:
        self._left -= 1
        if self._left == 0:
            os._exit(KILLED)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            self.burn()
            answer = call(*arguments)
            self.burn()
            return answer

        return called

    def lay(self) -> None:
        for module, call in CALLS:
            setattr(module, call, self.around(getattr(module, call)))


def numbered(number: int) -> NewCallback:
    return NewCallback(
        workspace="demo",
        received_at=datetime.fromtimestamp(1_800_000_000 + number, UTC),
        event=1,
        remote_id=number,
        body_sha256=hashlib.sha256(str(number).encode()).digest(),
        document={"data": {"id": str(number)}},
        problem=None,
    )


def append(folder: Path, *numbers: int) -> None:
    spool = Spool(folder, max_bytes=MAX_BYTES)
    for number in numbers:
        spool.append(numbered(number))


def drain(folder: Path, url: str, fuse: Fuse | None = None) -> None:
    @contextmanager
    def connection():
        with database.open_spool_writer(url) as write:
            yield fuse.around(write) if fuse else write

    spool = Spool(folder, max_bytes=MAX_BYTES)
    SpoolDrainer(spool, connection, breaker=CircuitBreaker(), notify=str).run_once()


def survives(work: Callable[[Fuse], None], instant: int) -> bool:
    """Do ``work`` in a process that dies at ``instant``; return whether it ended before."""
    process = _processes.Process(target=_work, args=(work, instant))
    process.start()
    process.join(60)
    assert process.exitcode in (0, KILLED)
    return process.exitcode == 0


def appending(folder: Path, *numbers: int, answers: Path) -> Callable[[Fuse], None]:
    """The file ``answers`` gets a byte for each callback that the spool has stored."""
    return partial(_append, folder, numbers, answers)


def draining(folder: Path, url: str) -> Callable[[Fuse], None]:
    return partial(_drain, folder, url)


def _append(folder: Path, numbers: tuple[int, ...], answers: Path, fuse: Fuse) -> None:
    answer = partial(_write, _open(answers, os.O_WRONLY | os.O_CREAT, 0o600), b".")
    spool = Spool(folder, max_bytes=MAX_BYTES)
    for number in numbers:
        spool.append(numbered(number))
        answer()


def _drain(folder: Path, url: str, fuse: Fuse) -> None:
    spool_drain.MAX_GROUP = 2  # of this process, which ends: so that there are several groups
    drain(folder, url, fuse)


def _work(work: Callable[[Fuse], None], instant: int) -> None:
    fuse = Fuse(instant)
    fuse.lay()
    work(fuse)
    os._exit(0)
