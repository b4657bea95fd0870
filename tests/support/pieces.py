"""Text cut into pieces as a network may cut it, for what reads it piece by piece."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from workers.clients.cention.attachments import AttachmentsApi, FetchedAttachment
from workers.clients.streaming.json_string_splitter import LongStringSplitter

LIMIT = 40


def cut(text: bytes, places: list[int]) -> list[bytes]:
    """Cut ``text`` at ``places``, counted round and round if it is shorter."""
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(bounds)]


def split(
    pieces: list[bytes], *, limit: int = LIMIT, room: int = 100_000
) -> tuple[LongStringSplitter, bytes, bytes]:
    """Divide a document into what is small in it and its long string."""
    taken: list[bytes] = []
    splitter = LongStringSplitter(taken.append, limit=limit, max_document=room)
    for piece in pieces:
        splitter.feed(piece)
    return splitter, splitter.finish(), b"".join(taken)


class Pieces:
    """An HTTP caller whose answer is cut where the test wants it."""

    name = "cention"

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    @contextmanager
    def stream(self, *_: object, **__: object) -> Iterator[tuple[int, Iterator[bytes]]]:
        yield 200, iter(self._pieces)


def fetch(*pieces: bytes, max_bytes: int = 1_000_000) -> FetchedAttachment:
    """Fetch an attachment whose document comes in these pieces."""
    return AttachmentsApi(Pieces(*pieces), token="t").fetch(
        "c3_response_attachments", 1270, max_bytes=max_bytes
    )
