"""Attachments to be sent, with their contents: files on disk, and bytes in memory."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from errno import EISDIR
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from schemas.cention.errands import NewAttachment

UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file, with its size when this object was made."""

    path: Path
    size_bytes: int

    @classmethod
    def of(cls, path: Path) -> FileContent:
        """Return the content of a file. Raises ``OSError``, also if it is not an ordinary file."""
        if not path.is_file():
            path.stat()
            raise IsADirectoryError(EISDIR, "not an ordinary file", str(path))
        return cls(path, path.stat().st_size)

    def open(self) -> BinaryIO:
        """Open the file at its beginning."""
        return self.path.open("rb")


@dataclass(frozen=True, slots=True)
class BytesContent:
    """Bytes in memory."""

    content: bytes = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """Size in bytes."""
        return len(self.content)

    def open(self) -> BinaryIO:
        """Return the bytes as a file."""
        return BytesIO(self.content)


def attachment_of(
    path: Path, *, name: str = "", content_type: str = "", content_id: str | None = None
) -> NewAttachment:
    """Return a file as an attachment; name and type default to those of the file name.

    Raises ``OSError``.
    """
    name = name or path.name
    return NewAttachment(
        name=name,
        content_type=content_type or mimetypes.guess_type(name)[0] or UNKNOWN_TYPE,
        content_id=content_id,
        content=FileContent.of(path),
    )
