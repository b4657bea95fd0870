"""The spool: a folder on local disk where callbacks are safe while Postgres is away."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from receiver import metrics
from receiver.group_commit import StorageUnavailable
from workers.config.logs import RateLimitedWarning
from workers.spool import durable_files as disk
from workers.spool import record
from workers.spool.layout import BAD, DRAFT, LOCK, WAITING, name_of, read_spool
from workers.sync.store.callbacks import NewCallback

DRAFT_IS_LEFT_AFTER_S = 600  # a process that writes for so long was ended long before
PROBE_BYTES = 4096
CLEAN_UP_SHARE = 20  # times as long as a look at the whole spool takes, none is taken


class SpoolFull(OSError):
    """The spool holds as much as it may."""


class Spool:
    """One folder, written by all processes of the receiver, emptied by one of them at a time.

    The folder is made when it is first needed, and again if somebody took it away. Its size is
    known as of the last ``clean_up`` plus what this process has added since.
    """

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._names = (f"{secrets.token_hex(4)}-{number:08d}" for number in count())
        self._lock = threading.Lock()
        self._size_bytes = 0
        self._clean_until = 0.0
        self._failed = RateLimitedWarning("callbacks not spooled")
        self.clean_up()

    def append(self, callback: NewCallback) -> None:
        """Return once ``callback`` outlasts a crash and a loss of power.

        Raises ``StorageUnavailable`` if there is no room, or the disk fails.
        """
        content = record.dump(callback)
        try:
            self._write(callback, content)
        except OSError as error:
            metrics.SPOOL.labels("refused").inc()
            self._failed.warn(error=type(error).__name__, errno=error.errno)
            raise StorageUnavailable from None
        metrics.SPOOL.labels("put").inc()

    def _write(self, callback: NewCallback, content: bytes) -> None:
        with self._lock:
            if self._size_bytes + len(content) > self._max_bytes:
                raise SpoolFull
            self._size_bytes += len(content)
            name = name_of(callback.received_at, next(self._names))
        try:
            disk.make_folder(self.folder)
            disk.write_file(self.folder / name, content)
        except OSError:
            with self._lock:
                self._size_bytes -= len(content)
            raise

    def check(self) -> None:
        """Return if a callback could be put now. Raises ``OSError`` if not."""
        if self._size_bytes >= self._max_bytes:
            raise SpoolFull
        disk.make_folder(self.folder)
        probe = self.folder / f"probe-{secrets.token_hex(4)}{DRAFT}"
        try:
            probe.write_bytes(bytes(PROBE_BYTES))  # a full disk has no room for it
        finally:
            probe.unlink(missing_ok=True)

    def clean_up(self) -> None:
        """Measure the spool, and remove drafts that crashed processes left behind.

        Does nothing if it has just been done, by the measure of the time that it takes.
        """
        began = time.monotonic()
        if began < self._clean_until:
            return
        status = read_spool(self.folder)
        with self._lock:
            self._size_bytes = status.size_bytes if status else 0
        with suppress(OSError):
            self._remove_drafts(left_before=time.time() - DRAFT_IS_LEFT_AFTER_S)
        ended = time.monotonic()
        self._clean_until = ended + CLEAN_UP_SHARE * (ended - began)

    def _remove_drafts(self, *, left_before: float) -> None:
        for draft in self.folder.glob(f"*{DRAFT}"):
            if draft.stat().st_mtime < left_before:
                draft.unlink()

    def oldest(self) -> str | None:
        """Return the name of the oldest callback that waits."""
        return min(self._waiting(), default=None)

    def waiting(self) -> list[str]:
        """Return the names of the callbacks that wait, in order of arrival."""
        return sorted(self._waiting())

    def _waiting(self) -> Iterator[str]:
        with suppress(FileNotFoundError):
            yield from (name for name in os.listdir(self.folder) if name.endswith(WAITING))

    @contextmanager
    def exclusive(self) -> Iterator[bool]:
        """Tell whether we alone may empty the spool during the block.

        The lock ends with its process, however that ends. Raises ``OSError``.
        """
        disk.make_folder(self.folder)
        descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)

    def read(self, name: str) -> bytes:
        """Return the content of a callback that waits. Raises ``OSError``."""
        return (self.folder / name).read_bytes()

    def remove(self, name: str) -> None:
        """Remove a callback that is safe elsewhere.

        If a loss of power brings it back, it is written to Postgres again, which changes nothing.
        """
        os.unlink(self.folder / name)
        metrics.SPOOL.labels("emptied").inc()

    def quarantine(self, name: str, reason: str) -> None:
        """Move a callback out of the way of those behind it, with the reason beside it.

        Raises ``OSError``, and then it is still where it was.
        """
        bad = self.folder / BAD
        disk.make_folder(bad)
        with suppress(OSError):  # the callback matters more than why it is here
            disk.write_file(bad / f"{name}.reason", f"{reason}\n".encode())
        os.rename(self.folder / name, bad / name)
        disk.sync_folder(bad)
        disk.sync_folder(self.folder)
        metrics.SPOOL.labels("set_aside").inc()
