"""Writes files so that they are complete and on disk when the call returns."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from workers.spool import trust
from workers.spool.layout import DRAFT


def make_folder(folder: Path) -> None:
    """Create ``folder`` and its parents, readable by this user alone, on disk when it returns.

    Raises ``OSError``; ``NotTrusted`` if ``folder`` is there and others may write or read it.
    """
    _make_missing(folder)
    trust.check_folder(folder, owner=os.geteuid())


def write_file(path: Path, content: bytes, *, owned_as: os.stat_result | None = None) -> None:
    """Return once ``content`` is at ``path`` and survives a loss of power.

    Only its owner may read it: this user, or the owner of ``owned_as``. A crash leaves the
    complete file, or the old one and a draft. Raises ``OSError``, and then leaves no draft; the
    complete file may be there if only the folder's entry could not be written to disk.
    """
    draft = path.with_name(path.name + DRAFT)
    try:
        _write_draft(draft, content, owned_as)
        os.rename(draft, path)
    except OSError:
        with suppress(OSError):
            os.unlink(draft)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Return once the names in ``folder`` are on disk. Raises ``OSError``."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_missing(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_missing(folder.parent)
    with suppress(FileExistsError):  # another process was quicker
        os.mkdir(folder, 0o700)
    sync_folder(folder.parent)


def _write_draft(draft: Path, content: bytes, owned_as: os.stat_result | None) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if owned_as is not None:
            os.fchown(descriptor, owned_as.st_uid, owned_as.st_gid)
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
