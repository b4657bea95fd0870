"""How large a callback may be, and which of its bytes count."""

from __future__ import annotations

from dataclasses import dataclass

from workers.config.limits import CALLBACK_MAX_BYTES

COUNTED_MAX_BYTES = CALLBACK_MAX_BYTES  # unless the setting is another
# In UTF-8 a letter has at least a third of the bytes of its escape, or is ASCII. Of HTML, in which
# Go escapes `<`, `>` and `&`, 30 MiB are some 12 MiB that count.
ARRIVING_FACTOR = 3
ARRIVING_MAX_BYTES = ARRIVING_FACTOR * COUNTED_MAX_BYTES
ESCAPES = ((rb"\u", 6), (rb"\/", 2))  # with their lengths; JSON needs most of them nowhere


class ByteCount:
    r"""Counts the bytes of a body in pieces: all, but of an escape ``\uXXXX`` or ``\/`` only one.

    Each byte is looked at once for each kind of escape, and none is stored. The ``\u`` of an
    escaped backslash before a ``u`` counts as an escape too.
    """

    def __init__(self, *, counted_max_bytes: int = COUNTED_MAX_BYTES) -> None:
        self._counted_max_bytes = counted_max_bytes
        self.arrived = 0
        self.counted = 0
        self._last = b""

    def add(self, piece: bytes) -> None:
        """Count ``piece``, which may begin or end within an escape."""
        joined = self._last + piece
        self.arrived += len(piece)
        self.counted += len(piece)
        self.counted -= sum(joined.count(start) * (length - 1) for start, length in ESCAPES)
        self._last = joined[-1:]

    @property
    def is_too_large(self) -> bool:
        """Whether the bytes so far are more than a callback may have."""
        arriving_max_bytes = ARRIVING_FACTOR * self._counted_max_bytes
        return self.arrived > arriving_max_bytes or self.counted > self._counted_max_bytes


@dataclass(frozen=True, slots=True)
class CallbackLimit:
    """How large a callback may be, by CALLBACK_MAX_BYTES."""

    counted_max_bytes: int = COUNTED_MAX_BYTES

    @property
    def arriving_max_bytes(self) -> int:
        """Return how many bytes may arrive, whatever they are."""
        return ARRIVING_FACTOR * self.counted_max_bytes

    def count(self) -> ByteCount:
        """Return a new count of the bytes of one body."""
        return ByteCount(counted_max_bytes=self.counted_max_bytes)

    def is_exceeded_by(self, body: bytes) -> bool:
        """Return whether ``body`` is more than a callback may have."""
        if len(body) <= self.counted_max_bytes:  # whatever its bytes are
            return False
        count = self.count()
        count.add(body)
        return count.is_too_large
