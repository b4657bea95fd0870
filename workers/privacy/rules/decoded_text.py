"""A text as a person reads it, with the place of each character in the text as it is stored.

HTML entities, URL-encoding, quoted-printable and the escapes of JSON are decoded, also when one is
within another. What does not show is left out. Letters are compared in one form: composed, without
case, ordinary instead of full-width, and with a plain apostrophe and space.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_ROUNDS = 4  # of encodings within one another
_ENCODED = re.compile(
    r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});"
    r"|(?:%[0-9a-f]{2})+"
    r"|(?:=[0-9a-f]{2})+"
    r"|=\r?\n"
    r"|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}",
    re.IGNORECASE,
)
_CLUSTER = re.compile(r".[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0]*", re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u201b\u2032\u02bc\u00b4`", "'"))
_UPPER = re.compile("[A-Z]+")
_PLAIN = re.compile(r"[^&%=\\<]*")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The decoded characters, and where each begins and ends in the stored text."""

    text: str
    begins: tuple[int, ...] | range
    ends: tuple[int, ...] | range

    def place(self, begin: int, end: int) -> tuple[int, int]:
        """Return where decoded characters are in the stored text; there is at least one."""
        return self.begins[begin], self.ends[end - 1]


def decoded(text: str) -> Iterator[DecodedText]:
    """Yield the text decoded and, if it has tags, also as if they were not there.

    A tag may be within an address, as a place where its line may break, or end one word and begin
    another: so a text with tags is read in both ways.
    """
    if text.isascii() and _PLAIN.fullmatch(text):
        yield DecodedText(text.lower(), range(len(text)), range(1, len(text) + 1))
        return
    whole = _folded(_without_encodings(_Pieces.of(text)))
    yield whole.freeze()
    if _TAG.search(whole.text):
        yield whole.replace(_TAG, lambda _: "").freeze()


class _Pieces:
    """Characters with their places, while they are decoded."""

    def __init__(self, text: str, begins: list[int], ends: list[int]) -> None:
        self.text, self.begins, self.ends = text, begins, ends

    @classmethod
    def of(cls, text: str) -> _Pieces:
        return cls(text, list(range(len(text))), list(range(1, len(text) + 1)))

    def freeze(self) -> DecodedText:
        return DecodedText(self.text, tuple(self.begins), tuple(self.ends))

    def replace(self, pattern: re.Pattern[str], new: Callable[[str], str]) -> _Pieces:
        """Replace each match by other characters, all of which are at the place of the match."""
        parts: list[str] = []
        begins: list[int] = []
        ends: list[int] = []
        done = 0
        for found in pattern.finditer(self.text):
            first, last = found.span()
            decoded_part = new(found[0])
            if decoded_part == found[0]:
                continue
            parts += (self.text[done:first], decoded_part)
            begins += self.begins[done:first]
            ends += self.ends[done:first]
            begins += [self.begins[first]] * len(decoded_part)
            ends += [self.ends[last - 1]] * len(decoded_part)
            done = last
        parts.append(self.text[done:])
        return _Pieces("".join(parts), begins + self.begins[done:], ends + self.ends[done:])


def _without_encodings(pieces: _Pieces) -> _Pieces:
    for _ in range(MAX_ROUNDS):
        before = pieces.text
        pieces = pieces.replace(_ENCODED, _decode)
        if pieces.text == before:
            break
    return pieces


def _decode(token: str) -> str:
    """Return the characters of one encoded part; unchanged if it encodes none."""
    match token[0]:
        case "&":
            return html.unescape(token)
        case "\\":
            return chr(int(token[2:], 16))
        case "=" if not token.strip("=\r\n"):
            return ""
    try:
        return bytes.fromhex(token[1:].replace(token[0], "")).decode()
    except UnicodeDecodeError:
        return token


def _folded(pieces: _Pieces) -> _Pieces:
    return (
        pieces.replace(_CLUSTER, fold)
        if not pieces.text.isascii()
        else pieces.replace(_UPPER, str.lower)
    )


def fold(text: str) -> str:
    """Return a text in the form in which texts are compared."""
    shown = "".join(one for one in text if unicodedata.category(one) != "Cf")
    return unicodedata.normalize("NFKC", shown).casefold().translate(_APOSTROPHES)
