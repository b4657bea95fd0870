"""A temporary file for base64 that is decoded while it arrives; measures size and SHA-256."""

from __future__ import annotations

import hashlib
import tempfile
from typing import BinaryIO, cast

from workers.clients.streaming.base64_stream import Base64Decoder, Unescaper

IN_MEMORY_BYTES = 256 * 1024


class ContentTooLarge(ValueError):
    """The decoded content exceeds the limit."""


class DecodedFile:
    """Decodes base64 in chunks; holds at most 256 KiB in memory, the rest on disk."""

    def __init__(self, *, max_bytes: int) -> None:
        self.size_bytes = 0
        self._max_bytes = max_bytes
        self._sha256 = hashlib.sha256()
        self._unescaper = Unescaper()
        self._decoder = Base64Decoder()
        # Closed by close(), or by the caller of finish().
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115

    def feed_escaped(self, text: bytes) -> None:
        """Decode a chunk of a JSON string, with its escapes.

        Raises ``NotBase64`` or ``ContentTooLarge``, as ``feed`` does.
        """
        self.feed(self._unescaper.feed(text))

    def feed(self, text: bytes) -> None:
        """Decode a chunk of base64."""
        decoded = self._decoder.feed(text)
        self.size_bytes += len(decoded)
        if self.size_bytes > self._max_bytes:
            raise ContentTooLarge
        self._sha256.update(decoded)
        self._file.write(decoded)

    def finish(self) -> BinaryIO:
        """Return the file, at its beginning. Raises ``NotBase64`` if the text is incomplete."""
        self._unescaper.finish()
        self._decoder.finish()
        self._file.seek(0)
        return cast(BinaryIO, self._file)

    def sha256(self) -> bytes:
        """Return the digest of the decoded content."""
        return self._sha256.digest()

    def close(self) -> None:
        """Delete the content."""
        self._file.close()
