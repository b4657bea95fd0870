"""Folders for the servers of tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 << 30  # a session of tests uses less than 1 GiB at a time


@contextmanager
def server_folder() -> Iterator[Path]:
    """Yield an empty folder for a server, and remove it: in memory if there is room, else on disk.

    Half of the time of a test with a database would otherwise be spent on copying its files.
    """
    with tempfile.TemporaryDirectory(prefix="cention-tests-", dir=_place()) as folder:
        yield Path(folder)


def _place() -> Path | None:
    """Return where to make the folder; None for the default."""
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:  # not on macOS
        return None
    return MEMORY if free >= ENOUGH_BYTES else None
