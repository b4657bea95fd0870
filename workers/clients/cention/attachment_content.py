"""What attachments are made of: files, and bytes at hand."""

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
    """A file, with the length it had when it was looked at."""

    path: Path
    size_bytes: int

    @classmethod
    def of(cls, path: Path) -> FileContent:
        """Look at a file. Raises ``OSError``, also if it is no ordinary file."""
        if not path.is_file():
            path.stat()
            raise IsADirectoryError(EISDIR, "not an ordinary file", str(path))
        return cls(path, path.stat().st_size)

    def open(self) -> BinaryIO:
        """Return the file from its beginning."""
        return self.path.open("rb")


@dataclass(frozen=True, slots=True)
class BytesContent:
    """Bytes at hand."""

    content: bytes = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        return len(self.content)

    def open(self) -> BinaryIO:
        """Return them as a file."""
        return BytesIO(self.content)


def attachment_of(
    path: Path, *, name: str = "", content_type: str = "", content_id: str | None = None
) -> NewAttachment:
    """Return a file as an attachment, called and typed by its file name unless told otherwise.

    Raises ``OSError``.
    """
    name = name or path.name
    return NewAttachment(
        name=name,
        content_type=content_type or mimetypes.guess_type(name)[0] or UNKNOWN_TYPE,
        content_id=content_id,
        content=FileContent.of(path),
    )
