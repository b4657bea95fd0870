"""Folders for Unix sockets, whose whole path may have at most 107 bytes."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from deploy.embedded.errors import StartupError

MAX_PATH_BYTES = 107
# Enough for "supervisor.sock.<pid>", which supervisor binds first; PostgreSQL's name is shorter.
NAME_RESERVE_BYTES = 24


def socket_folder(wanted: Path) -> Path:
    """Return ``wanted``, or a short folder in the temporary folder if ``wanted`` is too long.

    The result depends only on ``wanted``. The folder is not created.
    """
    if len(os.fsencode(wanted)) + 1 + NAME_RESERVE_BYTES <= MAX_PATH_BYTES:
        return wanted
    mark = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cention-{os.geteuid()}-{mark}"


def make_socket_folder(wanted: Path, *, owner: int | None = None) -> Path:
    """Create the folder for ``wanted`` and return it.

    ``owner`` is a further user id that may own an existing folder. Raises ``StartupError`` if the
    short folder belongs to another user.
    """
    folder = socket_folder(wanted)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder != wanted:
        require_own_folder(folder, owners={os.geteuid(), owner})
    return folder


def require_own_folder(folder: Path, *, owners: set[int | None]) -> None:
    """Raise ``StartupError`` unless ``folder`` is a folder for only one of ``owners``."""
    facts = folder.lstat()
    private = stat.S_ISDIR(facts.st_mode) and not facts.st_mode & 0o077
    if not private or facts.st_uid not in owners:
        raise StartupError(
            f"The folder for sockets, {folder}, belongs to someone else, or is open to others.",
            remedy="Remove it, or run in a folder with a shorter path.",
        )
