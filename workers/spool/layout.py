"""The layout of the spool's folder, and what it holds."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

WAITING = ".json"  # a complete callback, named after the microsecond of its arrival
LOCK = "lock"  # its holder alone may drain the spool or rewrite files
DRAFT = ".part"  # a file that is being written
BAD = "bad"  # folder of files that cannot be read, or that Postgres refuses
REASON = ".reason"  # suffix, in that folder, of the file that says why

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolStatus:
    """The state of a spool."""

    waiting: int  # callbacks on their way to Postgres
    oldest_at: datetime | None  # arrival of the oldest of them; None if none waits
    bad: int  # files set aside for a person to examine
    size_bytes: int  # of all files, those set aside included

    def oldest_s(self, now: datetime) -> float | None:
        """Return how long the oldest has waited, seconds; ``None`` if none waits."""
        return max((now - self.oldest_at).total_seconds(), 0.0) if self.oldest_at else None


def spool_status(folder: Path) -> SpoolStatus | None:
    """Return the state of the spool in ``folder``; ``None`` if it is missing or not readable."""
    try:
        here = _sizes(folder)
    except OSError:
        return None
    try:
        aside = _sizes(folder / BAD)
    except OSError:
        aside = {}
    waiting = [name for name in here if name.endswith(WAITING)]
    return SpoolStatus(
        waiting=len(waiting),
        oldest_at=min(_arrivals(waiting), default=None),
        bad=sum(name.endswith(WAITING) for name in aside),
        size_bytes=sum(here.values()) + sum(aside.values()),
    )


def file_name(arrived_at: datetime, unique: str) -> str:
    """Return a file name; names sort by arrival. ``arrived_at`` is aware."""
    return f"{(arrived_at - _EPOCH) // timedelta(microseconds=1):016d}-{unique}{WAITING}"


def _arrivals(names: Iterable[str]) -> Iterable[datetime]:
    for name in names:
        number = name.partition("-")[0]
        if len(number) == 16 and number.isdecimal():  # other names are not the spool's
            yield _EPOCH + timedelta(microseconds=int(number))


def _sizes(folder: Path) -> dict[str, int]:
    sizes = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                state = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # drained meanwhile
                continue
            sizes[entry.name] = _disk_bytes(state) if stat.S_ISREG(state.st_mode) else 0
    return sizes


def _disk_bytes(state: os.stat_result) -> int:
    """Return the size of a file, or what it takes on disk if it has holes."""
    return min(state.st_size, state.st_blocks * 512)
