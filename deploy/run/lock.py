"""A lock that allows one run per folder; the kernel frees it when its holders have ended."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from deploy.embedded import StartupError

# The supervisor of a killed run holds the lock until all its processes have stopped.
STOPPED_WITHIN_S = 12


def take_lock(path: Path) -> int:
    """Return the open lock file, for supervisor to inherit. Raises ``StartupError`` if held."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    ends_at = time.monotonic() + STOPPED_WITHIN_S
    while not try_lock(lock):
        holder = os.pread(lock, 20, 0).decode("ascii").strip()
        if is_alive(holder) or time.monotonic() > ends_at:
            raise StartupError(
                f"The bridge already runs in this folder (process {holder}).",
                remedy=f"Stop it with Ctrl-C in its terminal, or with: kill {holder}",
            )
        time.sleep(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode("ascii"), 0)
    return lock


def try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_alive(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists() if pid.isdecimal() else True
