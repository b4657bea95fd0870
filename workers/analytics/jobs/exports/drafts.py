"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Yield the path of a draft beside ``path``; what is left of it at the end is deleted."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def publish(draft: Path, path: Path) -> None:
    """Put a finished draft in the place of ``path``. Raises ``OSError``."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(draft, path)
