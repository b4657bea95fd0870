"""One run in a folder: a lock that the kernel frees when its holders are gone."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from deploy.embedded import CannotStart

# A run that was killed leaves its supervisor, which holds the lock until all has stopped.
STOPPED_WITHIN_S = 12


def take_lock(path: Path) -> int:
    """Return the open lock, to be handed on to the supervisor. Raises ``CannotStart``."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    ends_at = time.monotonic() + STOPPED_WITHIN_S
    while not locked(lock):
        holder = os.pread(lock, 20, 0).decode("ascii").strip()
        if alive(holder) or time.monotonic() > ends_at:
            raise CannotStart(
                f"The bridge already runs in this folder (process {holder}).",
                remedy=f"Stop it with Ctrl-C in its terminal, or: kill {holder}",
            )
        time.sleep(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode("ascii"), 0)
    return lock


def locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def alive(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists() if pid.isdecimal() else True
