"""The interface of a file to be sent, wherever its bytes are."""

from __future__ import annotations

from typing import BinaryIO, Protocol


class Content(Protocol):
    """Bytes that can be read repeatedly."""

    @property
    def size_bytes(self) -> int:
        """Their number."""
        ...

    def open(self) -> BinaryIO:
        """Open them at the beginning. Raises ``OSError``."""
        ...
