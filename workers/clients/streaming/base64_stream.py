"""Decodes base64 that arrives in pieces, strictly, and from within a JSON string."""

from __future__ import annotations

import binascii
import re
import string

_WHITE = b" \t\r\n"
_MEANT = frozenset((string.ascii_letters + string.digits + "+/= \t\r\n").encode())
_UNICODE_ESCAPE = re.compile(rb"\\u([0-9A-Fa-f]{4})")
_BEGUN_ESCAPE = re.compile(rb"\\(?:u[0-9A-Fa-f]{0,3})?")


class NotBase64(ValueError):
    """Not the standard alphabet with correct padding, and white space between."""


class Unescaper:
    """Undoes the escapes of a JSON string that is meant to be base64, in pieces of any size.

    Only escapes for characters of base64 and white space are undone; others are refused.
    """

    def __init__(self) -> None:
        self._begun = b""

    def feed(self, text: bytes) -> bytes:
        """Return the next piece without escapes. Raises ``NotBase64``."""
        text = self._begun + text
        self._begun = b""
        return self._undone(text) if b"\\" in text else text

    def finish(self) -> None:
        """Raises ``NotBase64`` if the text ended within an escape."""
        if self._begun:
            raise NotBase64

    def _undone(self, text: bytes) -> bytes:
        if b"\\\\" in text:  # so that each backslash below begins an escape
            raise NotBase64
        for escape, meant in ((b"\\/", b"/"), (b"\\n", b""), (b"\\r", b""), (b"\\t", b"")):
            text = text.replace(escape, meant)
        text = _UNICODE_ESCAPE.sub(_meant, text)
        backslash = text.find(b"\\")
        if backslash < 0:
            return text
        self._begun = text[backslash:]
        if not _BEGUN_ESCAPE.fullmatch(self._begun):
            raise NotBase64
        return text[:backslash]


class Base64Decoder:
    """Decodes the standard alphabet with obligatory padding, in pieces of any size."""

    def __init__(self) -> None:
        self._begun = b""
        self._padded = False

    def feed(self, text: bytes) -> bytes:
        """Return the bytes complete by now; white space is ignored. Raises ``NotBase64``."""
        text = self._begun + text.translate(None, _WHITE)
        whole = len(text) - len(text) % 4
        self._begun = text[whole:]
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
        """Raises ``NotBase64`` if the last group of four is not complete."""
        if self._begun:
            raise NotBase64


def _meant(escape: re.Match[bytes]) -> bytes:
    code = int(escape[1], 16)
    if code not in _MEANT:
        raise NotBase64
    return bytes([code])
