"""The lock of a spool: its holder alone drains the spool or rewrites its files."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.spool.layout import LOCK


@contextmanager
def exclusive(folder: Path) -> Iterator[bool]:
    """Lock the spool in ``folder`` during the block; yields false if another process has.

    The lock ends with its process, however that ends. Raises ``OSError``.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    descriptor = os.open(folder / LOCK, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
