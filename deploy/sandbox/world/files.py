"""Files, whose bytes are generated from a seed when they are fetched, to save memory."""

from __future__ import annotations

import hashlib
import random

from deploy.sandbox.world import sample_data
from deploy.sandbox.world.records import AREA_ARCHIVES, File, FileKey

SIZES = (0, 1, 340, 2_048, 17_000, 120_000)
SENTENCE = "Thank you for your patience; vi återkommer så snart vi kan. "


def make_file(key: FileKey, *, size_bytes: int | None, rng: random.Random) -> File:
    """Return a random file for ``key``; without ``size_bytes``, of a common size or empty."""
    names = sample_data.IMAGES if key.type == AREA_ARCHIVES else sample_data.FILES
    name, content_type = rng.choice(names)
    size = rng.choice(SIZES) if size_bytes is None else size_bytes
    seed = rng.getrandbits(48)
    return File(
        key=key,
        name=name,
        content_type=content_type,
        size_bytes=size,
        seed=seed,
        sha256=hashlib.sha256(_bytes(content_type, size, seed)).hexdigest(),
    )


def content_of(file: File) -> bytes:
    """Return the bytes whose digest is ``file.sha256``."""
    return _bytes(file.content_type, file.size_bytes, file.seed)


def _bytes(content_type: str, size: int, seed: int) -> bytes:
    if content_type.startswith("text/"):
        text = f"{seed} {SENTENCE}".encode()
        return (text * (size // len(text) + 1))[:size]
    return random.Random(seed).randbytes(size)  # noqa: S311  # repeatable, not for security
