"""What a file that is sent must offer, wherever its bytes are."""

from __future__ import annotations

from typing import BinaryIO, Protocol


class Content(Protocol):
    """Bytes that can be read again and again."""

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        ...

    def open(self) -> BinaryIO:
        """Return them from the beginning; raises ``OSError``."""
        ...
