"""Decodes base64 that arrives in chunks, strictly, and from within a JSON string."""

from __future__ import annotations

import binascii
import re
import string

_WHITE = b" \t\r\n"
_ALLOWED = frozenset((string.ascii_letters + string.digits + "+/= \t\r\n").encode())
_UNICODE_ESCAPE = re.compile(rb"\\u([0-9A-Fa-f]{4})")
_PARTIAL_ESCAPE = re.compile(rb"\\(?:u[0-9A-Fa-f]{0,3})?")


class NotBase64(ValueError):
    """The text is not base64 of the standard alphabet with correct padding."""


class Unescaper:
    """Removes the escapes of a JSON string that holds base64, in chunks of any size.

    Escapes for characters other than base64 and white space are an error.
    """

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, text: bytes) -> bytes:
        """Return the next chunk, unescaped. Raises ``NotBase64``."""
        text = self._pending + text
        self._pending = b""
        return self._unescape(text) if b"\\" in text else text

    def finish(self) -> None:
        """Raise ``NotBase64`` if the text ended within an escape."""
        if self._pending:
            raise NotBase64

    def _unescape(self, text: bytes) -> bytes:
        if b"\\\\" in text:  # so that each backslash below starts an escape
            raise NotBase64
        for escape, character in ((b"\\/", b"/"), (b"\\n", b""), (b"\\r", b""), (b"\\t", b"")):
            text = text.replace(escape, character)
        text = _UNICODE_ESCAPE.sub(_character, text)
        backslash = text.find(b"\\")
        if backslash < 0:
            return text
        self._pending = text[backslash:]
        if not _PARTIAL_ESCAPE.fullmatch(self._pending):
            raise NotBase64
        return text[:backslash]


class Base64Decoder:
    """Decodes base64 of the standard alphabet, padding required, in chunks of any size."""

    def __init__(self) -> None:
        self._pending = b""
        self._padded = False

    def feed(self, text: bytes) -> bytes:
        """Return the bytes that are complete; white space is ignored. Raises ``NotBase64``."""
        text = self._pending + text.translate(None, _WHITE)
        whole = len(text) - len(text) % 4
        self._pending = text[whole:]
        if not whole:
            return b""
        if self._padded:
            raise NotBase64
        self._padded = text[whole - 1] == ord("=")
        try:
            return binascii.a2b_base64(text[:whole], strict_mode=True)
        except binascii.Error:
            raise NotBase64 from None

    def finish(self) -> None:
        """Raise ``NotBase64`` if the last group of four is not complete."""
        if self._pending:
            raise NotBase64


def _character(escape: re.Match[bytes]) -> bytes:
    code = int(escape[1], 16)
    if code not in _ALLOWED:
        raise NotBase64
    return bytes([code])
