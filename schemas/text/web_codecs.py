"""Decoders for the charsets of the Encoding Standard that Python's own codecs read too strictly."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache

REPLACEMENT = "\ufffd"
EUC_JP = "euc_jp"
ISO_2022_JP = "iso2022_jp"

CODECS = {
    "big5": "big5hkscs",
    "cp50220": ISO_2022_JP,
    "cp51932": EUC_JP,
    "euc-jp": EUC_JP,
    "eucjp-ms": EUC_JP,
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "hz-gb-2312": "hz",
    "iso-2022-jp": ISO_2022_JP,
    "iso-2022-kr": "iso2022_kr",
    "macintosh": "mac-roman",
    "utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32",
    "x-mac-ce": "mac-latin2",
}
"""By encoding of the standard, or by a label that the standard does not know."""

SUPERSETS = {
    "ascii": "",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp_1": ISO_2022_JP,
    "iso2022_jp_2": ISO_2022_JP,
    "iso2022_jp_2004": ISO_2022_JP,
    "iso2022_jp_3": ISO_2022_JP,
    "iso2022_jp_ext": ISO_2022_JP,
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "tis-620": "cp874",
    "utf-8-sig": "utf-8",
}
"""By codec of Python: the one that reads all of its letters and more."""

_ESCAPE = re.compile(rb"\x1b(?:\$\([@BDOPQ]|\$[@B]|\([BHIJ]|&@)|[\x0e\x0f]")
_EUC = re.compile(
    rb"(?P<pairs>(?:[\xa1-\xfe]{2})+)|(?P<kana>(?:\x8e[\xa1-\xdf])+)|(?P<rare>(?:\x8f[\xa1-\xfe]{2})+)"
    rb"|(?P<plain>[\x00-\x8d\x90-\xa0]+)|(?P<wrong>.)",
    re.DOTALL,
)


def decode_as(content: bytes, codec: str) -> str:
    """Return ``content`` decoded by a codec of ``CODECS`` or Python; "" is UTF-8.

    Each byte that has no meaning becomes U+FFFD; a free byte below A0 of a charset of one byte a
    letter becomes the control character of the same number.
    """
    if codec == EUC_JP:
        return _euc_jp(content)
    if codec == ISO_2022_JP:
        return "".join(_iso_2022_jp(content))
    try:
        return content.decode(codec or "utf-8", "web")
    except (UnicodeError, LookupError, ValueError, IndexError):
        # Some decoders of several bytes take no position from a handler.
        return content.decode(codec or "utf-8", "replace")


def _meaning_of_error(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for bytes that a codec does not know, and where to go on."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    codec, content, start = error.encoding.lower().replace("_", "-"), error.object, error.start
    byte = content[start]
    if codec == "big5hkscs":
        return _big5_pair(content, start)
    if codec == "gb18030":
        return ("\u20ac" if byte == 0x80 else REPLACEMENT), start + 1
    if codec == "charmap" or codec.startswith(("cp125", "cp874", "iso8859", "koi8")):
        return "".join(
            chr(one) if one < 0xA0 else REPLACEMENT for one in content[start : error.end]
        ), error.end
    return REPLACEMENT, max(error.end, start + 1)


codecs.register_error("web", _meaning_of_error)


def _big5_pair(content: bytes, start: int) -> tuple[str, int]:
    letter = _cp950_letter(content[start : start + 2])
    return (letter, start + 2) if letter else (REPLACEMENT, start + 1)


@cache
def _cp950_letter(pair: bytes) -> str:
    try:
        return pair.decode("cp950")
    except UnicodeDecodeError:
        return ""


def _euc_jp(content: bytes) -> str:
    return "".join(_euc_jp_part(found) for found in _EUC.finditer(content))


def _euc_jp_part(found: re.Match[bytes]) -> str:
    part = found[0]
    if found.lastgroup == "pairs":
        return _shift_jis_of(part).decode("cp932", "replace")
    if found.lastgroup == "kana":
        return part.replace(b"\x8e", b"").decode("cp932", "replace")
    if found.lastgroup == "rare":
        return part.decode("euc_jp", "replace")
    return part.decode("latin-1") if found.lastgroup == "plain" else REPLACEMENT


def _shift_jis_of(pairs: bytes) -> bytes:
    """Return pairs of EUC-JP in Shift_JIS, which has the letters of vendors as well."""
    moved = bytearray(len(pairs))
    for place in range(0, len(pairs) - 1, 2):
        row, cell = pairs[place] - 0xA1, pairs[place + 1] - 0xA1
        moved[place] = row // 2 + (0x81 if row < 62 else 0xC1)
        second = cell + (0x9F if row % 2 else 0x40)
        moved[place + 1] = second if row % 2 or second < 0x7F else second + 1
    return bytes(moved)


def _iso_2022_jp(content: bytes) -> Iterator[str]:
    escape, start = b"\x1b(B", 0
    for found in _ESCAPE.finditer(content):
        yield _segment(content[start : found.start()], escape)
        escape, start = found[0], found.end()
    yield _segment(content[start:], escape)


def _segment(segment: bytes, escape: bytes) -> str:
    """Return what stands after an escape sequence; a line break ends pairs as it ends a line."""
    if escape in (b"\x1b(I", b"\x0e"):
        return _high(segment).decode("cp932", "replace")
    if not escape.startswith(b"\x1b$"):
        return segment.decode("cp932", "replace")
    lines = re.split(rb"([\x00-\x20\x7f]+)", segment)
    return "".join(_pairs(line, escape) for line in lines)


def _pairs(line: bytes, escape: bytes) -> str:
    if line[:1] <= b"\x20" or line[:1] == b"\x7f":
        return line.decode("latin-1")
    high = _high(line)
    even, odd = high[: len(high) // 2 * 2], REPLACEMENT * (len(high) % 2)
    if escape == b"\x1b$(D" or escape == b"\x1b$(P":
        codec = "euc_jp" if escape.endswith(b"D") else "euc_jis_2004"
        return re.sub(b"(..)", b"\x8f\\1", even, flags=re.DOTALL).decode(codec, "replace") + odd
    if escape in (b"\x1b$(O", b"\x1b$(Q"):
        return even.decode("euc_jis_2004", "replace") + odd
    return _euc_jp(even) + odd


def _high(segment: bytes) -> bytes:
    return bytes(byte | 0x80 if byte > 0x20 else byte for byte in segment)
