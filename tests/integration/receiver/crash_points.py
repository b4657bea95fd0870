"""Processes that end at a chosen instant: between any two calls of the operating system."""

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

import workers.spool.drain
from receiver import database
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


class CrashPoint:
    """Ends the process at one instant. There is an instant before and one after each call."""

    def __init__(self, instant: int) -> None:
        self._left = instant

    def pass_(self) -> None:
        self._left -= 1
        if self._left == 0:
            os._exit(KILLED)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            self.pass_()
            answer = call(*arguments)
            self.pass_()
            return answer

        return called

    def install(self) -> None:
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


def drain(folder: Path, url: str, crash_point: CrashPoint | None = None) -> None:
    @contextmanager
    def connection():
        with database.open_spool_writer(url) as write:
            yield crash_point.around(write) if crash_point else write

    spool = Spool(folder, max_bytes=MAX_BYTES)
    SpoolDrainer(spool, connection, breaker=CircuitBreaker(), notify=str).run_once()


def survives(work: Callable[[CrashPoint], None], instant: int) -> bool:
    """Do ``work`` in a process that ends at ``instant``; return whether the work ended before."""
    process = _processes.Process(target=_work, args=(work, instant))
    process.start()
    process.join(60)
    assert process.exitcode in (0, KILLED)
    return process.exitcode == 0


def appending(folder: Path, *numbers: int, answers: Path) -> Callable[[CrashPoint], None]:
    """Return work that appends callbacks, and writes a byte to ``answers`` for each stored one."""
    return partial(_append, folder, numbers, answers)


def draining(folder: Path, url: str) -> Callable[[CrashPoint], None]:
    return partial(_drain, folder, url)


def _append(folder: Path, numbers: tuple[int, ...], answers: Path, crash_point: CrashPoint) -> None:
    answer = partial(_write, _open(answers, os.O_WRONLY | os.O_CREAT, 0o600), b".")
    spool = Spool(folder, max_bytes=MAX_BYTES)
    for number in numbers:
        spool.append(numbered(number))
        answer()


def _drain(folder: Path, url: str, crash_point: CrashPoint) -> None:
    # Of this process, which ends: so that there are several groups.
    workers.spool.drain.MAX_GROUP = 2
    drain(folder, url, crash_point)


def _work(work: Callable[[CrashPoint], None], instant: int) -> None:
    crash_point = CrashPoint(instant)
    crash_point.install()
    work(crash_point)
    os._exit(0)
