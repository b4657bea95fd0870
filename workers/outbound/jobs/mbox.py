"""Splits ``.mbox`` files into mails."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from schemas.mails.headers import NAMED
from workers.outbound.jobs.errors import UnreadableFile
from workers.outbound.jobs.mails import RawMail

FROM_ = b"From "
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LINE_BYTES = 1024 * 1024  # a longer line is read in pieces
HEADER_LINES = 1_000  # so many are searched for a header that programs write
TESTED_BYTES = 64 * 1024
DECLARED_BYTES = 64 * 1024 * 1024  # a Content-Length above it does not count

DATED = re.compile(
    rb"From .*\b(?:mon|tue|wed|thu|fri|sat|sun),? +(?:[a-z]{3} +[0-9]{1,2}|[0-9]{1,2} +[a-z]{3}),?"
    rb"(?: +[0-9]{4})? +[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: +(?:[+-][0-9]{4}|[a-z]{1,5})){0,2}"
    rb"(?: +[0-9]{4})?(?: +[+-][0-9]{4})?(?: remote from .*)?\s*",
    re.IGNORECASE,
)
"""A line before a mail as programs write it: weekday, month and day, time, year at its end."""
UNDATED = re.compile(rb"From (?:[^ \t\r\n]*|.*[0-9].*)\s*", re.DOTALL)
"""Such a line without a date, or with one in another notation: no sentence."""

OF_MAILS = re.compile(
    rb"(?:from|message-id|received|return-path|date|delivered-to|mime-version|x-mozilla-status)"
    rb"[ \t]*:",
    re.IGNORECASE,
)
"""Headers of which each mail has one, and a text seldom."""

_CONTENT_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*([0-9]{1,12})\s*$", re.IGNORECASE)


def mails_of_mbox(path: Path, *, max_bytes: int) -> Iterator[RawMail]:
    """Yield the mails of a file.

    A line ``From `` with a date, followed by a header, begins a mail, whatever is above it. Without
    a date it does if the line above is blank, and one of the headers below is one of a mail. A
    ``Content-Length`` counts where it leads to such a line or to the end of the file. Lines quoted
    as ``>From `` are unquoted. Raises ``OSError``, and ``UnreadableFile`` if the file does not
    begin with a mail.
    """
    with path.open("rb") as file:
        lines = _Lines(file)
        _skip_blank(lines)
        first = lines.peek(0)
        if first is not None and not first.startswith(FROM_):
            raise UnreadableFile("is not mbox: its first line does not begin with From and a space")
        number = 0
        while lines.next() is not None:
            number += 1
            mail = _Mail(number, lines.number, max_bytes)
            _read(lines, mail)
            yield mail.raw()


def count_mbox(path: Path) -> int:
    """Return how many mails a file has. Raises ``OSError``."""
    return sum(1 for _ in mails_of_mbox(path, max_bytes=0))


@dataclass(slots=True)
class _Mail:
    number: int
    begun_at: int  # line
    max_bytes: int
    size: int = 0
    lines: list[bytes] = field(default_factory=list, repr=False)

    def add(self, line: bytes) -> None:
        self.size += len(line)
        if self.size <= self.max_bytes:
            self.lines.append(_unquoted(line))

    def raw(self) -> RawMail:
        """Return the mail without the blank line that separates it from the next one."""
        own = self.lines[:-1] if self.lines and _is_empty(self.lines[-1]) else self.lines
        content = b"".join(own) if self.size <= self.max_bytes else None
        return RawMail(place=f"message {self.number} (line {self.begun_at})", content=content)


class _Lines:
    """The lines of a file, with a look at those that follow; lines may end in a carriage return."""

    def __init__(self, file: BinaryIO) -> None:
        self.number = 0  # of the last line that was returned
        self.lengths_hold = True  # no Content-Length was wrong
        self._file = file
        tested = file.read(TESTED_BYTES)
        file.seek(len(BYTE_ORDER_MARK) if tested.startswith(BYTE_ORDER_MARK) else 0)
        self._by_return = b"\n" not in tested and b"\r" in tested
        self._following: deque[bytes] = deque()
        self._rest = b""

    def next(self) -> bytes | None:
        """Return the next line; ``None`` at the end. Raises ``OSError``."""
        line = self.peek(0)
        if line is not None:
            self._following.popleft()
            self.number += 1
        return line

    def peek(self, place: int) -> bytes | None:
        """Return a line that follows, 0 being the next one. Raises ``OSError``."""
        while len(self._following) <= place:
            line = self._line_by_return() if self._by_return else self._file.readline(LINE_BYTES)
            if not line:
                return None
            self._following.append(line)
        return self._following[place]

    def _line_by_return(self) -> bytes:
        while b"\r" not in self._rest and (chunk := self._file.read(LINE_BYTES)):
            self._rest += chunk
        line, end, self._rest = self._rest.partition(b"\r")
        return line + (b"\n" if end else b"")


def _skip_blank(lines: _Lines) -> None:
    while (line := lines.peek(0)) is not None and not line.strip():
        lines.next()


def _read(lines: _Lines, mail: _Mail) -> None:
    """Read the lines of a mail, up to the line that begins the next one."""
    in_headers, length = True, -1
    above = b"\n"
    while (line := lines.peek(0)) is not None:
        if line.startswith(FROM_) and _begins(lines, after_blank=not above.strip()):
            return
        lines.next()
        mail.add(line)
        if in_headers:
            found = _CONTENT_LENGTH.match(line)
            length = int(found[1]) if found else length
            in_headers = bool(line.strip())
            if not in_headers and 0 < length <= DECLARED_BYTES and lines.lengths_hold:
                lines.lengths_hold = _take_declared(lines, mail, length)
        above = line


def _begins(lines: _Lines, *, after_blank: bool) -> bool:
    """Return whether the next line, which begins with ``From ``, begins a mail."""
    line = lines.peek(0) or b""
    dated = DATED.fullmatch(line) is not None
    if not dated and not (after_blank and UNDATED.fullmatch(line)):
        return False
    place = 1
    while (below := lines.peek(place)) is not None and not below.strip() and place < HEADER_LINES:
        place += 1
    if below is None or not (NAMED.match(below) or below.startswith(b">" + FROM_)):
        return False
    return (dated and place == 1) or any(map(OF_MAILS.match, _headers(lines, place)))


def _headers(lines: _Lines, place: int) -> Iterator[bytes]:
    for below in range(place, place + HEADER_LINES):
        line = lines.peek(below)
        if line is None or not line.strip():
            return
        yield line


def _take_declared(lines: _Lines, mail: _Mail, length: int) -> bool:
    """Take as many bytes as a mail declares, if the next mail or the end of the file follows.

    Return whether they do. Once they do not, no length in the file is trusted: that of a mail may
    have been written by its sender, and looking so far ahead takes time.
    """
    size = place = 0
    while size < length and (line := lines.peek(place)) is not None:
        size += len(line)
        place += 1
    below = place
    while (line := lines.peek(below)) is not None and not line.strip():
        below += 1
    if size != length or (line is not None and not DATED.fullmatch(line)):
        return False
    for _ in range(place):
        mail.add(lines.next() or b"")
    return True


def _is_empty(line: bytes) -> bool:
    return line in (b"\n", b"\r\n")


def _unquoted(line: bytes) -> bytes:
    return line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(FROM_) else line
