"""How large a callback may be, and which of its bytes count."""

from __future__ import annotations

COUNTED_MAX_BYTES = 10 * 1024 * 1024  # html_body holds the whole quoted thread
# In UTF-8 a letter has at least a third of the bytes of its escape, or is ASCII. Of HTML, in which
# Go escapes `<`, `>` and `&`, 30 MiB are some 12 MiB that count.
ARRIVING_MAX_BYTES = 3 * COUNTED_MAX_BYTES
ESCAPES = ((rb"\u", 6), (rb"\/", 2))  # with their lengths; JSON needs most of them nowhere


class ByteCount:
    r"""Counts the bytes of a body in pieces: all, but of an escape ``\uXXXX`` or ``\/`` only one.

    Each byte is looked at once for each kind of escape, and none is stored. The ``\u`` of an
    escaped backslash before a ``u`` counts as an escape too.
    """

    def __init__(self) -> None:
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
        return self.arrived > ARRIVING_MAX_BYTES or self.counted > COUNTED_MAX_BYTES


def is_too_large(body: bytes) -> bool:
    """Return whether ``body`` is more than a callback may have."""
    count = ByteCount()
    count.add(body)
    return count.is_too_large
