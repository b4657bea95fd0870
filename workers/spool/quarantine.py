"""Files that the receiver has set aside in its spool: lists them, and returns them to the queue."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.spool import durable_files, trust
from workers.spool.layout import BAD, REASON, WAITING

REASON_MAX_BYTES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedFile:
    """A file that could not be stored in Postgres."""

    name: str
    size_bytes: int
    reason: str | None


def quarantined(folder: Path) -> Iterator[QuarantinedFile]:
    """Yield the files set aside in the spool at ``folder``, oldest first. Raises ``OSError``."""
    bad = folder / BAD
    for name in sorted(os.listdir(bad)) if bad.is_dir() and not bad.is_symlink() else ():
        if name.endswith(WAITING):
            with suppress(FileNotFoundError):  # returned meanwhile
                size_bytes = os.lstat(bad / name).st_size
                yield QuarantinedFile(name=name, size_bytes=size_bytes, reason=_reason(bad / name))


def requeue(folder: Path, name: str) -> None:
    """Return a file to the receiver's queue; a crash leaves it in one of the two folders.

    Raises ``OSError``.
    """
    bad = folder / BAD
    os.rename(bad / name, folder / name)
    (bad / f"{name}{REASON}").unlink(missing_ok=True)
    durable_files.sync_folder(folder)
    durable_files.sync_folder(bad)


def _reason(path: Path) -> str | None:
    try:
        reason = trust.read_file(path.with_name(path.name + REASON))
    except OSError:
        return None
    return reason[:REASON_MAX_BYTES].decode("utf-8", "replace").strip()
