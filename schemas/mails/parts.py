"""Divides a mail into its parts: in one pass over its lines, without recursion."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from schemas.mails.headers import KNOWN, Headers, read_headers
from schemas.mails.parameters import read_parameterised
from schemas.mails.transfer import decode_transfer

MAX_PARTS = 1_000

MESSAGE = "message/rfc822"
PLAIN = "text/plain"

_DELIMITER = re.compile(rb"^--([^\r\n]*)(?:\r\n|\n|\r|\Z)", re.MULTILINE)
_END_OF_HEADERS = re.compile(rb"^(?:\r?\n|--[^\r\n]*)", re.MULTILINE)
_TYPE = re.compile(r"[^\s/]+/[^\s/]+")


@dataclass(eq=False, slots=True, kw_only=True)
class Part:
    """A part with content, or with parts; ``start`` and ``end`` are offsets of its body."""

    mail: bytes = field(repr=False)
    headers: Headers = field(repr=False)
    content_type: str
    charset: str  # as declared; may be no charset
    disposition: str
    start: int
    end: int = 0
    parts: list[Part] = field(default_factory=list, repr=False)

    @property
    def is_multipart(self) -> bool:
        """Return whether it consists of parts."""
        return self.content_type.startswith("multipart/")

    @property
    def is_named(self) -> bool:
        """Return whether it has a file name."""
        return bool(self.name_in(""))

    def name_in(self, charset: str) -> str:
        """Return the file name, however it is encoded; bytes beyond ASCII are in ``charset``."""
        given = read_parameterised(self.headers.first("content-disposition"), charset)
        if named := given.parameters.get("filename"):
            return named
        return read_parameterised(self.headers.first("content-type"), charset).parameters.get(
            "name", ""
        )

    @property
    def content(self) -> bytes:
        """Return the decoded content."""
        encoding = self.headers.first("content-transfer-encoding").decode("latin-1")
        keep = self.content_type.startswith("text/") and not self.is_named
        return decode_transfer(self.mail[self.start : self.end], encoding, keep_plain=keep)


def read_parts(mail: bytes) -> Part:
    """Return a mail with its parts; a forwarded mail is one part.

    Raises ``ValueError`` if it has more than ``MAX_PARTS`` parts. A multipart without any part in
    it becomes a text; one that is encoded as a whole, which no standard allows, is decoded first.
    """
    root = _Division(mail).run()
    declared = read_parameterised(root.headers.first("content-type")).value
    if declared.startswith("multipart/") and not root.parts:
        decoded = root.content
        if decoded != mail[root.start :]:
            return _Division(mail[: root.start] + decoded).run()
    return root


@dataclass(slots=True)
class _Open:
    """A multipart that has not ended."""

    boundary: bytes
    part: Part
    occurs: bool | None = None  # whether the boundary is anywhere below; unknown at first


class _Division:
    def __init__(self, mail: bytes) -> None:
        self.mail = mail
        self.leaves = self.multiparts = 0
        self.open: list[_Open] = []
        self.levels: dict[bytes, list[int]] = {}  # places in it by boundary
        self.leaf: Part | None = None

    def run(self) -> Part:
        root = self._begin(0, default=PLAIN)
        place = root.start if self.open else len(self.mail)
        while found := _DELIMITER.search(self.mail, place):
            place = self._pass(found)
        self._end_leaf(len(self.mail))
        self._close_to(0, len(self.mail))
        return root

    def _pass(self, found: re.Match[bytes]) -> int:
        """Begin or end a part at a line that may be a delimiter; return where to go on."""
        boundary, is_last = self._boundary(found[1])
        if not boundary:
            boundary, is_last = self._undeclared(found[1].rstrip(b" \t"), found.end()), False
        if not boundary:
            return found.end()
        level = self.levels[boundary][-1]
        before = _before_line(self.mail, found.start())
        self._end_leaf(before)
        self._close_to(level + 1, before)
        if is_last:
            self._close_to(level, found.end())
            return found.end()
        multipart = self.open[level].part
        default = MESSAGE if multipart.content_type == "multipart/digest" else PLAIN
        begun = self._begin(found.end(), default=default)
        multipart.parts.append(begun)
        return begun.start

    def _boundary(self, line: bytes) -> tuple[bytes, bool]:
        """Return the open boundary in a line, and whether it is the last one; or ``b""``."""
        line = line.rstrip(b" \t")
        if line in self.levels:
            return line, False
        shorter = line.removesuffix(b"--")
        return (shorter, True) if shorter in self.levels else (b"", False)

    def _undeclared(self, boundary: bytes, after: int) -> bytes:
        """Take a boundary for that of a multipart whose own never occurs, if headers follow.

        Return it, or ``b""`` if the line is text.
        """
        if not (boundary and self.open and KNOWN.match(self.mail, after)):
            return b""
        multipart = self.open[-1]
        if multipart.part.parts or self.leaf is not None:
            return b""
        if multipart.occurs is None:
            declared = multipart.boundary
            multipart.occurs = bool(declared) and self.mail.find(b"\n--" + declared, after) >= 0
        if multipart.occurs:
            return b""
        self._pop()
        self._push(boundary, multipart.part)
        return boundary

    def _begin(self, start: int, *, default: str) -> Part:
        headers, body = read_headers(self.mail, start, self._end_of_headers(start))
        declared = read_parameterised(headers.first("content-type"))
        is_type = _TYPE.fullmatch(declared.value)
        part = Part(
            mail=self.mail,
            headers=headers,
            content_type=declared.value if is_type else default,
            charset=declared.parameters.get("charset", ""),
            disposition=read_parameterised(headers.first("content-disposition")).value,
            start=body,
        )
        if part.is_multipart:
            self.multiparts += 1
            boundary = declared.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
            self._push(boundary, part)
        else:
            self.leaves += 1
            self.leaf = part
        if max(self.leaves, self.multiparts) > MAX_PARTS:
            raise ValueError(f"it has more than {MAX_PARTS} parts")
        return part

    def _end_of_headers(self, start: int) -> int:
        """Return where headers end at the latest: at an empty line or an open boundary."""
        for found in _END_OF_HEADERS.finditer(self.mail, start):
            if not found[0].startswith(b"--"):
                return found.end()
            if self._boundary(found[0][2:])[0]:
                return found.start()
        return len(self.mail)

    def _push(self, boundary: bytes, part: Part) -> None:
        if boundary:
            self.levels.setdefault(boundary, []).append(len(self.open))
        self.open.append(_Open(boundary, part))

    def _pop(self) -> Part:
        ended = self.open.pop()
        if ended.boundary:
            self.levels[ended.boundary].pop()
            if not self.levels[ended.boundary]:
                del self.levels[ended.boundary]
        return ended.part

    def _close_to(self, level: int, end: int) -> None:
        while len(self.open) > level:
            part = self._pop()
            part.end = max(end, part.start)
            if not part.parts:
                part.content_type = PLAIN

    def _end_leaf(self, end: int) -> None:
        if self.leaf is not None:
            self.leaf.end = max(end, self.leaf.start)
            self.leaf = None


def _before_line(mail: bytes, start: int) -> int:
    """Return where the line break before a line begins: it belongs to the delimiter."""
    if mail[max(start - 2, 0) : start] == b"\r\n":
        return start - 2
    return start - 1 if start else 0
