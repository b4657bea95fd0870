"""Text cut into chunks, as a network may deliver it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from workers.clients.cention.attachments import AttachmentsApi, FetchedAttachment
from workers.clients.streaming.json_string_splitter import LongStringSplitter

LIMIT = 40


def cut(text: bytes, places: list[int]) -> list[bytes]:
    """Cut ``text`` at ``places``, each modulo its length."""
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(bounds)]


def split_long_string(
    chunks: list[bytes], *, limit: int = LIMIT, max_document: int = 100_000
) -> tuple[LongStringSplitter, bytes, bytes]:
    """Split the long string of a document from the rest."""
    taken: list[bytes] = []
    splitter = LongStringSplitter(taken.append, limit=limit, max_document=max_document)
    for chunk in chunks:
        splitter.feed(chunk)
    return splitter, splitter.finish(), b"".join(taken)


class ChunkedHttp:
    """An HTTP client whose response body arrives in the given chunks."""

    name = "cention"

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks

    @contextmanager
    def stream(self, *_: object, **__: object) -> Iterator[tuple[int, Iterator[bytes]]]:
        yield 200, iter(self._chunks)


def fetch_attachment(*chunks: bytes, max_bytes: int = 1_000_000) -> FetchedAttachment:
    """Fetch an attachment whose document arrives in these chunks."""
    return AttachmentsApi(ChunkedHttp(*chunks), token="t").fetch(
        "c3_response_attachments", 1270, max_bytes=max_bytes
    )
