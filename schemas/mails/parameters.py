"""Values with parameters: Content-Type and Content-Disposition (RFC 2045, 2231; leniently)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from schemas.mails.headers import decode_words, raw_text
from schemas.text.charset import codec_of, decode

MAX_PARAMETERS = 1_000  # more are not read

_FOLDED = re.compile(r"[\r\n]+[ \t]*")
_NAME = re.compile(r"([A-Za-z][^\s=*;]*)(?:\*([0-9]{1,4}))?(\*)?\s*=\s*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|$)', re.DOTALL)
_FOLLOWING = re.compile(r"\s(?:charset|name|filename|boundary|format)\*?[0-9]*\*?\s*=")
_EXTENDED = re.compile(r"([^']*)'([^']*)'(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parameterised:
    """A value, in lower case, and its parameters by name, decoded."""

    value: str
    parameters: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    number: int
    extended: bool
    text: str


def read_parameterised(raw: bytes, charset: str = "") -> Parameterised:
    """Return the value and the parameters of a header; bytes beyond ASCII are in ``charset``.

    A parameter that is given twice has its first value, but its encoded form of RFC 2231 if it has
    one.
    """
    text = _FOLDED.sub(" ", raw_text(raw, charset)).strip()
    found = re.match(r"[^;\s]*", text)
    value = found[0] if found else ""
    by_name: dict[str, list[_Section]] = {}
    for section in _sections(text[len(value) :]):
        by_name.setdefault(section.name, []).append(section)
    parameters = {name: _joined(sections) for name, sections in by_name.items()}
    return Parameterised(value.strip("\"'").lower(), parameters)


def _sections(text: str) -> list[_Section]:
    sections: list[_Section] = []
    place = 0
    while len(sections) < MAX_PARAMETERS and (found := _NAME.search(text, place)):
        start = found.end()
        quoted = _QUOTED.match(text, start)
        if quoted:
            value, place = re.sub(r'\\(["\\])', r"\1", quoted[1]), quoted.end()
        else:
            place = _end_of_plain(text, start)
            value = text[start:place].strip()
        number = int(found[2]) if found[2] else -1
        sections.append(_Section(found[1].lower(), number, bool(found[3]), value))
    return sections


def _end_of_plain(text: str, start: int) -> int:
    """Return where a value without quotes ends: at a semicolon, or before the next parameter."""
    end = text.find(";", start)
    end = len(text) if end < 0 else end
    following = _FOLLOWING.search(text, start, end)
    return following.start() if following else end


def _joined(sections: list[_Section]) -> str:
    numbered = sorted((one for one in sections if one.number >= 0), key=lambda one: one.number)
    whole = next((one for one in sections if one.number < 0 and one.extended), None)
    if whole is not None:
        return _extended([whole])
    if numbered and (any(one.extended for one in numbered) or len(numbered) == len(sections)):
        return _extended(numbered) if numbered[0].extended else _plain(numbered)
    return _plain([next(one for one in sections if one.number < 0)])


def _plain(sections: list[_Section]) -> str:
    text = "".join(
        unquote_to_bytes(one.text).decode("utf-8", "replace") if one.extended else one.text
        for one in sections
    )
    return decode_words(text)


def _extended(sections: list[_Section]) -> str:
    """Return sections of which the first says charset and language."""
    first, charset = sections[0].text, ""
    found = _EXTENDED.fullmatch(first)
    if found and (codec_of(found[1]) or not found[2] or re.fullmatch("[A-Za-z]{2,8}", found[2])):
        charset, first = found[1], found[3]
    encoded = [unquote_to_bytes(first)] + [
        unquote_to_bytes(one.text) if one.extended else one.text.encode("utf-8", "replace")
        for one in sections[1:]
    ]
    return decode_words(decode(b"".join(encoded), charset))
