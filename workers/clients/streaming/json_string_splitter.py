"""Takes the one long string out of a JSON document while it streams by.

What remains is small and can be read as usual; the long string never rests in memory.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

LIMIT_BYTES = 64 * 1024
ROOM_BYTES = 256 * 1024

_QUOTE_OR_BACKSLASH = re.compile(rb'["\\]')
_BEFORE_OBJECT = b"\xef\xbb\xbf \t\r\n"


class NotAnObject(ValueError):
    """What came is not the beginning of a JSON object, or stops before its end."""


class DocumentTooLarge(ValueError):
    """Even without the long string the document is not small."""


class SecondLongString(ValueError):
    """More than one string is long."""


class UnescapedQuote(ValueError):
    """The long string holds a quote, or ends with a backslash."""


class LongStringSplitter:
    """Splits a JSON object, fed in pieces of any size, into a small document and one long string.

    A string of more than ``limit`` bytes goes to ``divert``, piece by piece and with its escapes,
    without quotes; in the document ``placeholder`` stands in its stead, which nobody can guess.
    A long string with a quote in it is refused.
    """

    def __init__(
        self,
        divert: Callable[[bytes], None],
        *,
        limit: int = LIMIT_BYTES,
        room: int = ROOM_BYTES,
    ) -> None:
        self.placeholder = secrets.token_hex(16)
        self.diverted = False
        self._divert = divert
        self._limit = limit
        self._room = room
        self._small = bytearray()
        self._string_at = 0
        self._escaped = False
        self._last = b""
        self._state = self._before

    def feed(self, piece: bytes) -> None:
        """Take the next piece. Raises ``ValueError`` of this module, or what ``divert`` raises."""
        at = 0
        while at < len(piece):
            at = self._state(piece, at)

    def finish(self) -> bytes:
        """Return the document with its placeholder. Raises ``NotAnObject`` inside a string."""
        if self._state != self._outside:
            raise NotAnObject
        return bytes(self._small)

    def _before(self, piece: bytes, at: int) -> int:
        begin = len(piece) - len(piece[at:].lstrip(_BEFORE_OBJECT))
        if begin < len(piece):
            if piece[begin] != ord("{"):
                raise NotAnObject
            self._state = self._outside
        return begin

    def _outside(self, piece: bytes, at: int) -> int:
        quote = piece.find(b'"', at)
        if quote < 0:
            self._keep(piece[at:])
            return len(piece)
        self._keep(piece[at : quote + 1])
        self._string_at = len(self._small)
        self._state = self._inside
        return quote + 1

    def _inside(self, piece: bytes, at: int) -> int:
        stop = min(len(piece), at + self._string_at + self._limit + 1 - len(self._small))
        found = None if self._escaped else _QUOTE_OR_BACKSLASH.search(piece, at, stop)
        end = min(at + 1, stop) if self._escaped else found.start() if found else stop
        self._escaped = False
        self._keep(piece[at:end])
        if len(self._small) - self._string_at > self._limit:
            self._begin_long()
            return end
        if found is None:
            return end
        self._keep(found[0])
        if found[0] == b'"':
            self._state = self._outside
        else:
            self._escaped = True
        return end + 1

    def _begin_long(self) -> None:
        if self.diverted:
            raise SecondLongString
        self.diverted = True
        begun = bytes(self._small[self._string_at :])
        self._small[self._string_at :] = self.placeholder.encode()
        self._state = self._long
        self._take(begun)

    def _long(self, piece: bytes, at: int) -> int:
        quote = piece.find(b'"', at)
        end = len(piece) if quote < 0 else quote
        self._take(piece[at:end])
        if quote < 0:
            return end
        if self._last == b"\\":
            raise UnescapedQuote
        self._keep(b'"')
        self._state = self._outside
        return quote + 1

    def _take(self, text: bytes) -> None:
        self._last = text[-1:] or self._last
        self._divert(text)

    def _keep(self, piece: bytes) -> None:
        if len(self._small) + len(piece) > self._room:
            raise DocumentTooLarge
        self._small += piece
