"""Which folder and which files of the spool are trusted: what nobody else can have written."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MAX_FILE_BYTES = 512 * 1024 * 1024  # the largest CALLBACK_MAX_BYTES, fivefold by escapes of ASCII
_OTHERS_WRITE = 0o022
_OTHERS = 0o077


class NotTrusted(OSError):
    """Another user may have written it, or it is no plain file. ``strerror`` says why."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EPERM, why)


def check_folder(folder: Path, *, owner: int) -> None:
    """Return if ``folder`` belongs to the user ``owner`` and nobody else may enter it.

    Raises ``NotTrusted`` if not, and ``OSError`` if it is missing or no folder.
    """
    state = os.lstat(folder)
    if stat.S_ISLNK(state.st_mode):
        raise NotTrusted("it is a symbolic link; name the folder itself")
    if not stat.S_ISDIR(state.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if state.st_uid != owner:
        raise NotTrusted(f"it belongs to user {state.st_uid}, not to {owner}, who runs this")
    if state.st_mode & _OTHERS:
        mode = stat.S_IMODE(state.st_mode)
        raise NotTrusted(f"its mode is {mode:04o}, so others may enter it; it has to be 0700")


def read_file(path: Path) -> bytes:
    """Return the content of a plain file that only the owner of its folder can have written.

    Never waits, as for the writer of a FIFO. Raises ``NotTrusted`` if it is something else, and
    ``OSError``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a symbolic link, a socket
            raise NotTrusted("it is no plain file") from None
        raise
    with open(descriptor, "rb") as file:
        _check_file(os.fstat(descriptor), owner=os.lstat(path.parent).st_uid)
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:  # it grew meanwhile
        raise NotTrusted(f"it is larger than {MAX_FILE_BYTES} bytes")
    return content


def _check_file(state: os.stat_result, *, owner: int) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise NotTrusted("it is no plain file")
    if state.st_uid != owner:
        raise NotTrusted(f"it belongs to user {state.st_uid}, not to the owner of the spool")
    if state.st_mode & _OTHERS_WRITE:
        raise NotTrusted(f"its mode is {stat.S_IMODE(state.st_mode):04o}, so others may write it")
    if state.st_nlink != 1:
        raise NotTrusted("it has another name elsewhere (a hard link)")
    if state.st_size > MAX_FILE_BYTES:
        raise NotTrusted(f"it is larger than {MAX_FILE_BYTES} bytes")
