"""Separates the one long string of a JSON document from the rest while the document arrives.

The rest is small and is parsed as usual; the long string is never in memory as a whole. Streaming
parsers (ijson, json-stream) return whole strings, here up to 100 MiB of base64.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

MAX_STRING_BYTES = 64 * 1024
MAX_DOCUMENT_BYTES = 256 * 1024

_QUOTE_OR_BACKSLASH = re.compile(rb'["\\]')
_BEFORE_OBJECT = b"\xef\xbb\xbf \t\r\n"


class NotAnObject(ValueError):
    """The text does not start like a JSON object, or ends within a string."""


class DocumentTooLarge(ValueError):
    """Even without the long string the document exceeds the limit."""


class SecondLongString(ValueError):
    """More than one string is long."""


class UnescapedQuote(ValueError):
    """The long string holds a quote, or ends with a backslash."""


class LongStringSplitter:
    """Splits a JSON object, fed in chunks of any size, into a small document and one long string.

    A string of more than ``limit`` bytes goes to ``divert`` in chunks, with its escapes and without
    its quotes; in the document ``placeholder`` replaces it, which is random. A quote within a long
    string is an error.
    """

    def __init__(
        self,
        divert: Callable[[bytes], None],
        *,
        limit: int = MAX_STRING_BYTES,
        max_document: int = MAX_DOCUMENT_BYTES,
    ) -> None:
        self.placeholder = secrets.token_hex(16)
        self.diverted = False
        self._divert = divert
        self._limit = limit
        self._max_document = max_document
        self._small = bytearray()
        self._string_at = 0
        self._escaped = False
        self._last = b""
        self._state = self._before

    def feed(self, chunk: bytes) -> None:
        """Process a chunk. Raises a ``ValueError`` of this module, or an error of ``divert``."""
        at = 0
        while at < len(chunk):
            at = self._state(chunk, at)

    def finish(self) -> bytes:
        """Return the document with its placeholder. Raises ``NotAnObject`` inside a string."""
        if self._state != self._outside:
            raise NotAnObject
        return bytes(self._small)

    def _before(self, chunk: bytes, at: int) -> int:
        begin = len(chunk) - len(chunk[at:].lstrip(_BEFORE_OBJECT))
        if begin < len(chunk):
            if chunk[begin] != ord("{"):
                raise NotAnObject
            self._state = self._outside
        return begin

    def _outside(self, chunk: bytes, at: int) -> int:
        quote = chunk.find(b'"', at)
        if quote < 0:
            self._keep(chunk[at:])
            return len(chunk)
        self._keep(chunk[at : quote + 1])
        self._string_at = len(self._small)
        self._state = self._inside
        return quote + 1

    def _inside(self, chunk: bytes, at: int) -> int:
        stop = min(len(chunk), at + self._string_at + self._limit + 1 - len(self._small))
        found = None if self._escaped else _QUOTE_OR_BACKSLASH.search(chunk, at, stop)
        end = min(at + 1, stop) if self._escaped else found.start() if found else stop
        self._escaped = False
        self._keep(chunk[at:end])
        if len(self._small) - self._string_at > self._limit:
            self._start_long()
            return end
        if found is None:
            return end
        self._keep(found[0])
        if found[0] == b'"':
            self._state = self._outside
        else:
            self._escaped = True
        return end + 1

    def _start_long(self) -> None:
        if self.diverted:
            raise SecondLongString
        self.diverted = True
        start = bytes(self._small[self._string_at :])
        self._small[self._string_at :] = self.placeholder.encode()
        self._state = self._long
        self._pass_on(start)

    def _long(self, chunk: bytes, at: int) -> int:
        quote = chunk.find(b'"', at)
        end = len(chunk) if quote < 0 else quote
        self._pass_on(chunk[at:end])
        if quote < 0:
            return end
        if self._last == b"\\":
            raise UnescapedQuote
        self._keep(b'"')
        self._state = self._outside
        return quote + 1

    def _pass_on(self, text: bytes) -> None:
        self._last = text[-1:] or self._last
        self._divert(text)

    def _keep(self, chunk: bytes) -> None:
        if len(self._small) + len(chunk) > self._max_document:
            raise DocumentTooLarge
        self._small += chunk
