"""Opens text files that people have saved from spreadsheets and editors."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@contextmanager
def open_text(path: Path) -> Iterator[Iterator[str]]:
    """Yield the lines of a file in UTF-8, or in UTF-16 with a byte order mark, with their ends.

    A byte that is not UTF-8 is a lone surrogate in its line, which ``csv_table`` reports as the
    problem of its row. Raises ``OSError``.
    """
    with path.open("rb") as raw:
        encoding = "utf-16" if raw.read(2) in _UTF16 else "utf-8-sig"
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        yield iter(file)
