"""Files that an import list names; only files in the folder of the list are allowed."""

from __future__ import annotations

from pathlib import Path

from schemas.cention.errands import NewAttachment
from schemas.errors import DocumentError, Fault
from workers.clients.cention.outgoing_files import attachment_of


def resolve_inside(folder: Path, named: str, pointer: str) -> Path:
    """Return the path of a file inside a folder, with links resolved. Raises ``DocumentError``.

    A list may come from elsewhere, so it must not choose which files of this machine are read.
    """
    try:
        path = (folder / named).resolve()
        inside = path.is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a NUL, a loop of links
        inside = False
    if not inside:
        raise DocumentError(Fault(pointer, "must be a file in the folder of this list"))
    return path


def attachment_from(
    path: Path, pointer: str, *, name: str = "", content_type: str = "", content_id: str = ""
) -> NewAttachment:
    """Return a file as an attachment. Raises ``DocumentError``."""
    try:
        return attachment_of(
            path, name=name, content_type=content_type, content_id=content_id or None
        )
    except OSError as error:
        raise DocumentError(Fault(pointer, f"cannot be read: {error.strerror}")) from None
