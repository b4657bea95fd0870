"""Finds name and address of the sender in a From header, however it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.mails.headers import decode_words
from schemas.text.unstorable import replace_unstorable_text

MAX_ADDRESS_CHARACTERS = 320  # 64 before the @ and 255 behind it: RFC 5321, 4.5.3.1

_ANGLE = re.compile(r"<([^<>]*)(?:>|$)")
_TOKEN = re.compile(r"""[^\s<>()\[\],;:"\\\0]+""")
_SPACED = re.compile(r"\s*([@.])\s*")
_SPACED_AT = re.compile(r"(?<!\s)\s*@\s*")
_SCHEME = re.compile(r"\s*(?:mailto|smtp|e-?mail|mail)\s*:\s*", re.IGNORECASE)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)(?:(")|\\?\Z)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SCHEME_BEFORE = re.compile(r"[\[(]?\b(?:mailto|smtp|e-?mail|mail):?$", re.IGNORECASE)
_GROUP = re.compile(r"^[^<>@\":]*:\s*")
_EDGES = " \t\r\n,;:"


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender; the name may be empty."""

    address: str
    name: str


@dataclass(frozen=True, slots=True)
class _Found:
    address: str
    before: str
    after: str
    in_angles: bool


def read_sender(header: str) -> Sender | None:
    """Return the sender in a From header whose words are still encoded; ``None`` if there is none.

    The first address between angle brackets counts, else the first one outside of quotes and
    comments, else any. A comma in a name is part of it. Takes linear time.
    """
    for text in (header, decode_words(header)):
        for masked in (_masked(text), text):
            found = _in_angles(text, masked) or _bare(text, masked)
            if found is not None:
                address = replace_unstorable_text(decode_words(found.address))
                return Sender(address, _name(found, address))
    return None


def _masked(text: str) -> str:
    """Return ``text`` with its quoted strings and comments replaced, character by character."""
    masked = _STRING.sub(lambda found: "\0" * len(found[0]) if found[2] else found[0], text)
    opened: list[int] = []
    comments: list[tuple[int, int]] = []
    for place, character in enumerate(masked):
        if character == "(":
            opened.append(place)
        elif character == ")" and opened:
            begin = opened.pop()
            while comments and comments[-1][0] > begin:
                comments.pop()
            comments.append((begin, place + 1))
    pieces, place = [], 0
    for begin, end in comments:
        pieces += [masked[place:begin], "\0" * (end - begin)]
        place = end
    return "".join(pieces) + masked[place:]


def _in_angles(text: str, masked: str) -> _Found | None:
    for found in _ANGLE.finditer(masked):
        address = _address(text[found.start(1) : found.end(1)])
        if address:
            before, after = text[: found.start()].rstrip("< \t"), text[found.end() :].lstrip("> \t")
            return _Found(address, before, after, in_angles=True)
    return None


def _bare(text: str, masked: str) -> _Found | None:
    for found in _TOKEN.finditer(masked):
        address = _stripped(found[0])
        if _is_address(address):
            before, after = text[: found.start()], text[found.end() :]
            hidden = re.match(r"\W*?(\0+)", masked[found.end() :])  # a comment, or in quotes
            name = after[hidden.start(1) : hidden.end(1)] if hidden else ""
            return _Found(address, before.rstrip("[( \t"), name, in_angles=False)
    if "@" in masked and _SPACED_AT.search(masked):
        for found in _TOKEN.finditer(_SPACED_AT.sub("@", masked)):
            if _is_address(_stripped(found[0])):
                return _Found(_stripped(found[0]), "", "", in_angles=False)
    return None


def _stripped(token: str) -> str:
    return token.strip("'").rstrip(".")


def _address(text: str) -> str:
    """Return the address in what stands between angle brackets; "" if it has none."""
    if "=?" in text:
        text = decode_words(text)
    scheme = _SCHEME.match(text)
    text = text[scheme.end() if scheme else 0 :].strip()
    if text.startswith("@") and ":" in text:  # a route, as RFC 822 had it
        text = text.rpartition(":")[2]
    text = _SPACED.sub(r"\1", text).partition("?")[0].strip("'").rstrip(".,;: ")
    if _is_address(text):
        return text
    tokens = (_stripped(found[0]) for found in _TOKEN.finditer(text))
    return next(filter(_is_address, tokens), "")


def _is_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    quoted = local.startswith('"') and local.endswith('"') and len(local) > 1
    if not local or not domain or re.search(r"[\s,;<>\"]", domain):
        return False
    return quoted or not re.search(r"[\s,;:<>()@\"]", local)


def _name(found: _Found, address: str) -> str:
    before = _SCHEME_BEFORE.sub("", found.before)
    if ";" in found.after or (not found.in_angles and before.endswith(":")):
        before = _GROUP.sub("", before)
    name = _plain(before)
    if not name and not found.after.startswith((",", ";")):
        name = _plain(found.after.partition(";")[0])
        if name.startswith("(") and name.endswith(")"):
            name = name[1:-1].strip()
    return "" if name.casefold() == address.casefold() else name


def _plain(text: str) -> str:
    """Return a name without its quotes, escapes and encoded words; "" if it has no letter."""
    text = _STRING.sub(lambda found: found[1] if found[2] else found[0], text)
    text = decode_words(_ESCAPED.sub(r"\1", text)).strip(_EDGES)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip(_EDGES)
    return text if any(map(str.isalnum, text)) else ""
