"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Yield the path of a draft in a folder of its own beside ``path``, deleted at the end.

    Writers may put temporary files beside the draft. Raises ``OSError``.
    """
    with tempfile.TemporaryDirectory(prefix=".export-", suffix=".part", dir=path.parent) as folder:
        yield Path(folder) / path.name


def publish(draft: Path, path: Path) -> None:
    """Put a finished draft in the place of ``path``. Raises ``OSError``."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(draft, path)
