"""Headers of a mail or of one of its parts: where they end, their values, their encoded words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.mails.transfer import decode_base64, decode_quoted_printable
from schemas.text.charset import codec_of, decode
from schemas.text.unstorable import replace_unstorable_text

NAMED = re.compile(rb"([!-9;-~]+)[ \t]*:")
KNOWN = re.compile(
    rb"(?:from|to|cc|bcc|subject|date|sender|reply-to|message-id|in-reply-to|references|received"
    rb"|return-path|delivered-to|mime-version|content-[a-z-]+|x-[a-z0-9_-]+|dkim-signature"
    rb"|authentication-results|arc-[a-z-]+|list-[a-z-]+|status|importance|priority|user-agent)"
    rb"[ \t]*:",
    re.IGNORECASE,
)
"""Headers that programs write: a line that only looks like a header may be text."""

_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?")
_SPACES = re.compile(r"\s+")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")


@dataclass(frozen=True, slots=True)
class Headers:
    """Headers in their order; names are in lower case, values unfolded bytes."""

    fields: tuple[tuple[str, bytes], ...] = field(repr=False)

    def first(self, name: str) -> bytes:
        """Return the first value; empty if there is none."""
        return next((value for key, value in self.fields if key == name), b"")

    def all(self, name: str) -> Iterator[bytes]:
        """Yield the values in their order."""
        return (value for key, value in self.fields if key == name)


def read_headers(content: bytes, start: int, end: int) -> tuple[Headers, int]:
    """Return the headers that begin at ``start``, and where the body begins.

    They end at an empty line, or before a line that is no header if none of the lines up to the
    next empty one is a header that programs write. Other lines without a colon are skipped.
    """
    fields: list[tuple[str, list[bytes]]] = []
    place = last_known = start
    for found in _LINE.finditer(content, start, end):
        line = found[0]
        if not line.strip(b"\r\n"):
            break
        if KNOWN.match(line):
            last_known = found.end()
    body = None
    for found in _LINE.finditer(content, start, end):
        line = found[0] if fields else found[0].lstrip(b" \t")
        place = found.end()
        text = line.strip(b"\r\n")
        named = NAMED.match(line)
        if not text:
            break
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(text)
        elif named:
            fields.append((named[1].decode("latin-1").lower(), [text[named.end() :]]))
        elif found.start() >= last_known:
            body = found.start()
            break
    unfolded = tuple((name, b"".join(lines).strip()) for name, lines in fields)
    return Headers(unfolded), place if body is None else body


def raw_text(value: bytes, charset: str = "") -> str:
    """Return a value whose encoded words stay; bytes beyond ASCII are text in ``charset``."""
    return decode(value, charset)


def header_text(value: bytes, charset: str = "") -> str:
    """Return a value on one line, with its encoded words decoded."""
    return decode_words(raw_text(value, charset))


def decode_words(text: str) -> str:
    """Return a text on one line, with its encoded words decoded (RFC 2047, leniently)."""
    decoded = "".join(_decoded_pieces(text))
    return _SPACES.sub(" ", replace_unstorable_text(decoded)).strip()


def _decoded_pieces(text: str) -> Iterator[str]:
    """Yield plain text and decoded words; neighbours of one charset may share a letter."""
    pending, charset = b"", ""
    for plain, label, content in _pieces(text):
        if content is None:
            if plain:
                yield decode(pending, charset)
                pending = b""
                yield plain
        elif pending and codec_of(label) == codec_of(charset):
            pending += content
        else:
            yield decode(pending, charset)
            pending, charset = content, label
    yield decode(pending, charset)


def _pieces(text: str) -> Iterator[tuple[str, str, bytes | None]]:
    """Yield plain texts, and charset and bytes of words, without the spaces between two words."""
    place, after_word = 0, False
    search_from = 0
    while found := _WORD.search(text, search_from):
        end = text.find("?=", found.end())
        if end < 0:
            break
        content = _word_bytes(text[found.end() : end], found[2])
        if content is None:
            search_from = found.end()
            continue
        plain = text[place : found.start()]
        if plain and not (after_word and plain.isspace()):
            yield plain, "", None
        yield "", found[1], content
        place = search_from = end + 2
        after_word = True
    yield text[place:], "", None


def _word_bytes(encoded: str, encoding: str) -> bytes | None:
    """Return what a word encodes; ``None`` if it is none."""
    if _WORD.search(encoded):
        return None
    raw = encoded.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return decode_quoted_printable(raw.replace(b"_", b" "), header=True)
    if not raw.isascii():
        return raw  # never encoded, only called so
    decoded = decode_base64(raw)
    return decoded if decoded or not raw else None
