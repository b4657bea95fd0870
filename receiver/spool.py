"""The spool: a folder on local disk that stores callbacks while Postgres is down."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from receiver import metrics
from receiver.durable_inbox import StorageUnavailable
from workers.config.logs import RateLimitedWarning
from workers.spool import durable_files as disk
from workers.spool import folder_lock, record, trust
from workers.spool.layout import BAD, DRAFT, REASON, WAITING, file_name, spool_status
from workers.sync.store.callbacks import NewCallback

DRAFT_MAX_AGE_S = 600  # no process writes for so long: an older draft was left by a crash
PROBE_BYTES = 4096
CLEAN_UP_PAUSE_FACTOR = 20  # times the duration of one clean-up, until the next


class SpoolFull(OSError):
    """The spool is as large as its limit allows."""


class Spool:
    """One folder, written by all processes of the receiver, drained by one of them at a time.

    The folder is created when it is first needed, and again if it was removed. Its size is that
    of the last ``clean_up`` plus what this process has added since.
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
        """Return once ``callback`` is on disk and survives a crash and a loss of power.

        Raises ``StorageUnavailable`` if there is no room, or the disk fails.
        """
        content = record.dump(callback)
        try:
            self._write(callback, content)
        except OSError as error:
            metrics.SPOOL.labels("refused").inc()
            self._failed.warn(folder=str(self.folder), reason=error.strerror or "it is full")
            raise StorageUnavailable from None
        metrics.SPOOL.labels("put").inc()

    def _write(self, callback: NewCallback, content: bytes) -> None:
        with self._lock:
            if self._size_bytes + len(content) > self._max_bytes:
                raise SpoolFull
            self._size_bytes += len(content)
            name = file_name(callback.received_at, next(self._names))
        try:
            disk.make_folder(self.folder)
            disk.write_file(self.folder / name, content)
        except OSError:
            with self._lock:
                self._size_bytes -= len(content)
            raise

    def check(self) -> None:
        """Return if a callback could be stored now. Raises ``OSError`` if not."""
        if self._size_bytes >= self._max_bytes:
            raise SpoolFull
        disk.make_folder(self.folder)
        probe = self.folder / f"probe-{secrets.token_hex(4)}{DRAFT}"
        try:
            probe.write_bytes(bytes(PROBE_BYTES))  # a full disk has no room for it
        finally:
            probe.unlink(missing_ok=True)

    def clean_up(self) -> None:
        """Measure the spool, and remove drafts that crashed processes left.

        Removes nothing from a folder that is not trusted: its files may be another program's. Does
        nothing at all if the last run was recent, compared with the time that it took.
        """
        began = time.monotonic()
        if began < self._clean_until:
            return
        status = spool_status(self.folder)
        with self._lock:
            self._size_bytes = status.size_bytes if status else 0
        with suppress(OSError):
            trust.check_folder(self.folder, owner=os.geteuid())
            self._remove_drafts(left_before=time.time() - DRAFT_MAX_AGE_S)
        ended = time.monotonic()
        self._clean_until = ended + CLEAN_UP_PAUSE_FACTOR * (ended - began)

    def _remove_drafts(self, *, left_before: float) -> None:
        for draft in self.folder.glob(f"*{DRAFT}"):
            with suppress(OSError):  # a folder of such a name keeps no other from being removed
                if draft.lstat().st_mtime < left_before:
                    draft.unlink()

    def oldest(self) -> str | None:
        """Return the name of the oldest callback; ``None`` if the spool is empty."""
        return min(self._waiting(), default=None)

    def waiting(self) -> list[str]:
        """Return the names of all callbacks, in order of arrival."""
        return sorted(self._waiting())

    def _waiting(self) -> Iterator[str]:
        with suppress(FileNotFoundError):
            yield from (name for name in os.listdir(self.folder) if name.endswith(WAITING))

    @contextmanager
    def exclusive(self) -> Iterator[bool]:
        """Lock the spool during the block; yields false if another process has locked it.

        The lock ends with its process, however that ends. Raises ``OSError``.
        """
        disk.make_folder(self.folder)
        with folder_lock.exclusive(self.folder) as locked:
            yield locked

    def read(self, name: str) -> bytes:
        """Return the content of a file. Raises ``OSError``, ``NotTrusted`` among them."""
        return trust.read_file(self.folder / name)

    def remove(self, name: str) -> None:
        """Remove a callback that Postgres has stored.

        If a loss of power restores the file, it is written to Postgres again: that changes nothing.
        """
        os.unlink(self.folder / name)
        metrics.SPOOL.labels("emptied").inc()

    def quarantine(self, name: str, reason: str) -> None:
        """Move a callback to ``bad/``, with the reason beside it, so that others are not held up.

        Raises ``OSError``, and then it is still where it was.
        """
        bad = self.folder / BAD
        disk.make_folder(bad)
        with suppress(OSError):  # the callback matters more than why it is here
            disk.write_file(bad / f"{name}{REASON}", f"{reason}\n".encode())
        os.rename(self.folder / name, bad / name)
        disk.sync_folder(bad)
        disk.sync_folder(self.folder)
        metrics.SPOOL.labels("set_aside").inc()
