"""Files that are on the disk, whole, once we say so."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from workers.spool.layout import DRAFT


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it, for ourselves alone, to outlast a loss of power.

    Raises ``OSError``.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):  # another process was quicker
        os.mkdir(folder, 0o700)
    sync_folder(folder.parent)


def write_file(path: Path, content: bytes, *, owned_as: os.stat_result | None = None) -> None:
    """Return once ``content`` is at ``path`` and outlasts a loss of power.

    It is for its owner alone: for ourselves, or for that of ``owned_as``. A crash leaves the whole
    file, or what was there before and a draft. Raises ``OSError``, and then leaves no
    draft; the whole file may be there if only the folder's entry could not be made safe.
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
    """Return once the names in ``folder`` outlast a loss of power. Raises ``OSError``."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
