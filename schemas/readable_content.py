"""The interface of a file to be sent: on disk or in memory."""

from __future__ import annotations

from typing import BinaryIO, Protocol


class Content(Protocol):
    """Bytes that can be read repeatedly."""

    @property
    def size_bytes(self) -> int:
        """Size in bytes."""
        ...

    def open(self) -> BinaryIO:
        """Return the bytes as a file, at its beginning. Raises ``OSError``."""
        ...
