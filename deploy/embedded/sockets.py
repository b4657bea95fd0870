"""Where a Unix socket can be: its whole path may have no more than 107 bytes."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from deploy.embedded.errors import CannotStart

LONGEST_PATH = 107
# ".s.PGSQL.5432.lock" is no socket, but supervisor binds "supervisor.sock.<pid>" first.
ROOM_FOR_NAME = 24


def socket_folder(wanted: Path) -> Path:
    """Return ``wanted``, or a short folder in its place if that is too long; makes none.

    The same ``wanted`` always has the same folder.
    """
    if len(os.fsencode(wanted)) + 1 + ROOM_FOR_NAME <= LONGEST_PATH:
        return wanted
    mark = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"cention-{os.geteuid()}-{mark}"


def make_socket_folder(wanted: Path, *, owner: int | None = None) -> Path:
    """Make the folder for ``wanted`` and return it.

    ``owner`` is the user id it was given to before, if not our own. Raises ``CannotStart`` if
    somebody else took the short name.
    """
    folder = socket_folder(wanted)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder != wanted:
        refuse_foreign(folder, owners={os.geteuid(), owner})
    return folder


def refuse_foreign(folder: Path, *, owners: set[int | None]) -> None:
    """Raise ``CannotStart`` unless ``folder`` is a real one that only an owner may enter."""
    facts = folder.lstat()
    private = stat.S_ISDIR(facts.st_mode) and not facts.st_mode & 0o077
    if not private or facts.st_uid not in owners:
        raise CannotStart(
            f"The folder for sockets, {folder}, belongs to someone else.",
            remedy="Remove it, or start in a folder with a shorter path.",
        )
