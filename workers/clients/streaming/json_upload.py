"""A JSON document that contains files in base64, generated while it is sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from schemas.readable_content import Content

CHUNK_BYTES = 3 * 16 * 1024  # a multiple of three, so that chunks of base64 fit together


class ContentChanged(OSError):
    """A file has not the length it had when the upload was prepared."""


@dataclass(frozen=True, slots=True)
class Base64:
    """A placeholder in a document for the base64 of ``content``, on one line, padded."""

    content: Content


def encode(document: Any) -> bytes | StreamedJson:
    """Return the bytes of a document, streamed if there is a ``Base64`` in it.

    Raises ``ValueError`` for values that are not JSON.
    """
    mark = uuid4().hex
    contents: list[Content] = []

    def stand_in(value: object) -> str:
        if not isinstance(value, Base64):
            raise ValueError(f"{type(value).__name__} is not JSON")
        contents.append(value.content)
        return mark

    text = json.dumps(document, ensure_ascii=False, allow_nan=False, default=stand_in)
    texts = [part.encode() for part in text.split(mark)]
    return StreamedJson(texts, contents) if contents else texts[0]


class StreamedJson:
    """The bytes of a document, of known length. No file is ever completely in memory."""

    def __init__(self, texts: Sequence[bytes], contents: Sequence[Content]) -> None:
        """``contents`` stand between ``texts``."""
        self._texts = texts
        self._contents = contents

    def __len__(self) -> int:
        files = sum((content.size_bytes + 2) // 3 * 4 for content in self._contents)
        return sum(map(len, self._texts)) + files

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes in chunks. Raises ``ContentChanged``, and ``OSError`` of a file."""
        yield self._texts[0]
        for content, text in zip(self._contents, self._texts[1:], strict=True):
            yield from _base64(content)
            yield text


def _base64(content: Content) -> Iterator[bytes]:
    left = content.size_bytes
    with content.open() as file:
        while chunk := file.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                break
            yield base64.b64encode(chunk)
    if left:
        raise ContentChanged("the file has changed while it was sent")
