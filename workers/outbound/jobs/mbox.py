"""Splits ``.mbox`` files into mails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workers.outbound.jobs.errors import UnreadableFile
from workers.outbound.jobs.mails import RawMail

FROM_ = b"From "
DATED = re.compile(rb"From .*\b[0-9]{1,2}:[0-9]{2}\b.*\b[0-9]{4}\b")
EMPTY = (b"\n", b"\r\n")


def mails_of_mbox(path: Path, *, max_bytes: int) -> Iterator[RawMail]:
    """Yield the mails of a file; each begins with a line ``From `` after an empty line.

    If the first such line has a date, as programs write it, lines ``From `` without a date are
    unquoted text. Lines quoted as ``>From `` are unquoted. Raises ``OSError``, and
    ``UnreadableFile`` if the file does not begin with a mail.
    """
    number, begun_at, size = 0, 0, 0
    lines: list[bytes] = []
    after_empty = True
    begins = re.compile(FROM_)
    with path.open("rb") as file:
        for at, line in enumerate(file, 1):
            if not number and line not in EMPTY:
                begins = _beginning(line)
            if after_empty and begins.match(line):
                if number:
                    yield _raw(number, begun_at, lines, size, max_bytes)
                number, begun_at, size, lines = number + 1, at, 0, []
            elif number:
                size += len(line)
                if size <= max_bytes:
                    lines.append(_unquoted(line))
            after_empty = line in EMPTY
    if number:
        yield _raw(number, begun_at, lines, size, max_bytes)


def count_mbox(path: Path) -> int:
    """Return how many mails a file has. Raises ``OSError``."""
    return sum(1 for _ in mails_of_mbox(path, max_bytes=0))


def _beginning(first: bytes) -> re.Pattern[bytes]:
    """Return the pattern of the line before each mail, judged by the first line of the file."""
    if not first.startswith(FROM_):
        raise UnreadableFile("is not mbox: its first line does not begin with From and a space")
    return DATED if DATED.match(first) else re.compile(FROM_)


def _raw(number: int, at: int, lines: list[bytes], size: int, max_bytes: int) -> RawMail:
    own = lines[:-1] if lines and lines[-1] in EMPTY else lines  # the last one separates mails
    content = b"".join(own) if size <= max_bytes else None
    return RawMail(place=f"message {number} (line {at})", content=content)


def _unquoted(line: bytes) -> bytes:
    return line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(FROM_) else line
