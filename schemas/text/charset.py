"""Decodes text whose charset is declared, declared wrongly, or not declared at all.

Labels and supersets are those of the Encoding Standard (https://encoding.spec.whatwg.org/).
"""

from __future__ import annotations

import codecs
import re

import webencodings

from schemas.text.charset_detection import detected_label
from schemas.text.web_codecs import CODECS, ISO_2022_JP, SUPERSETS, decode_as

UTF8 = "utf-8"
DEFAULT = "cp1252"
UNDECLARED = frozenset(
    {"", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "unknown", "default", "8bit", "binary"}
)
NO_TEXT = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "raw_unicode_escape", "unicode-escape"}
    | {"unicode_escape", "undefined", "mbcs", "oem"}
)
"""Codecs of Python that decode text, but not of mails."""

SHORT = 4  # so few letters may be valid UTF-8 by chance
ASCII_SHARE = 0.65  # of bytes: UTF-16 has fewer

_BOMS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ISO_2022 = re.compile(rb"\x1b\$(?:[@B]|\([@BDOPQ])|\x1b\([IJ]")
_ISO_2022_KR = re.compile(rb"\x1b\$\)C")
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_LABEL = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,80}")
_SINGLE = re.compile(r"[A-Za-z][\x80-\u07ff]|[\x80-\u07ff][A-Za-z]")
_META = re.compile(rb"""<meta[^>]{0,500}?charset\s*=\s*["']?\s*([^\s"'/>;]{1,80})""", re.IGNORECASE)
META_BYTES = 4096


def decode(content: bytes, declared: str = "") -> str:
    """Return the text of ``content``, whose charset is said to be ``declared``; never fails.

    Bytes that decode as UTF-8 are UTF-8, whatever is declared; so are those with a few wrong bytes
    among its letters, each of which becomes U+FFFD. A byte order mark is not part of the text.
    An unknown label is as good as none.
    """
    for bom, codec in _BOMS:
        if content.startswith(bom) and (codec == UTF8 or len(content) % 2 == 0):
            return decode_as(content[len(bom) :], codec)
    codec = codec_of(declared)
    if codec in ("utf-16-le", "utf-16-be", "utf-32"):
        codec = _wide_codec(content, codec)
    if codec.startswith(("utf-16", "utf-32")):
        return decode_as(content, codec)
    if content.isascii():
        return decode_as(content, _seven_bit_codec(content, codec))
    return decode_as(content, _eight_bit_codec(content, codec))


def decode_html(content: bytes, declared: str = "") -> str:
    """Return the text of HTML: where no charset is declared, its ``<meta charset>`` counts."""
    if not codec_of(declared):
        found = _META.search(content[:META_BYTES])
        declared = found[1].decode("latin-1") if found else ""
        if codec_of(declared).startswith("utf-16"):  # the standard: it could not have been read
            declared = UTF8
    return decode(content, declared)


def codec_of(label: str) -> str:
    """Return the codec of a label, or "" if it names no charset, or only ASCII."""
    found = _LABEL.search(label.lower())
    name = found[0] if found else ""
    if name in UNDECLARED:
        return ""
    return _known(name) or next(filter(None, map(_known, _spellings(name))), "")


def _spellings(name: str) -> list[str]:
    """Return the labels that a wrong one may stand for: ``cp-850``, ``x-windows_1250``."""
    plain = name.removeprefix("x-").removeprefix("cs").removeprefix("charset=").replace("_", "-")
    number = re.search(r"^(?:cp|windows|ms|ibm|win|codepage|dos|oem)?-?([0-9]{3,5})$", plain)
    numbered = [f"windows-{number[1]}", f"cp{number[1]}"] if number else []
    iso = re.search(r"^(?:iso)?-?8859-?([0-9]{1,2})(?:-[ei])?$", plain)
    joined = re.sub(r"[^a-z0-9]", "", plain)
    return [plain, *numbered, *([f"iso-8859-{iso[1]}"] if iso else []), joined]


def _known(name: str) -> str:
    if name in CODECS:
        return CODECS[name]
    encoding = webencodings.lookup(name)
    if encoding is not None and encoding.name not in ("replacement", "x-user-defined"):
        return CODECS.get(encoding.name, str(encoding.codec_info.name))
    try:
        python = codecs.lookup(name).name
        "a".encode(python)  # refuses what is no text encoding
    except (LookupError, UnicodeError, ValueError):
        return ""
    return "" if python in NO_TEXT else SUPERSETS.get(python, python)


def _wide_codec(content: bytes, codec: str) -> str:
    """Return the codec of what is declared as UTF-16 or UTF-32, which may be plain bytes."""
    if b"\0" in content[:4096]:
        even, odd = content[:4096:2].count(0), content[1:4096:2].count(0)
        if codec == "utf-32":
            return codec + ("-le" if content[3:4] == b"\0" else "-be")
        return codec if even == odd else "utf-16-be" if even > odd else "utf-16-le"
    start = content[:4096]
    ascii_bytes = len(start) - len(start.translate(None, _PRINTABLE))
    if len(content) % 2 or ascii_bytes >= ASCII_SHARE * len(start) or _is(content, UTF8):
        return ""
    return codec


def _seven_bit_codec(content: bytes, declared: str) -> str:
    if b"\x1b" in content:
        if _ISO_2022_KR.search(content):
            return "iso2022_kr"
        if _ISO_2022.search(content):
            return ISO_2022_JP
    return declared if declared in ("utf-7", "hz", "iso2022_kr") else UTF8


def _eight_bit_codec(content: bytes, declared: str) -> str:
    if _is(content, UTF8):
        return UTF8 if _is_utf8_on_purpose(content, declared) else declared
    if not declared or declared == UTF8:
        if _is_damaged_utf8(content, at_least=1):
            return UTF8
        if _ISO_2022.search(content):  # with half-width katakana of eight bits
            return ISO_2022_JP
        return codec_of(detected_label(content)) or DEFAULT
    if declared in CJK:
        wrong = decode_as(content, declared).count("\ufffd")
        return UTF8 if wrong and _wrong_in_utf8(content) < wrong else declared
    return UTF8 if _is_damaged_utf8(content, at_least=2) else declared


CJK = frozenset(
    {"big5hkscs", "cp932", "cp949", "euc_jp", "gb18030", "hz", "iso2022_kr", ISO_2022_JP}
    | {"johab", "shift_jis_2004", "euc_jis_2004", "shift_jisx0213", "euc_jisx0213"}
)
LATIN = frozenset(
    {"cp1252", "cp1250", "cp1254", "cp1257", "cp1258", "cp850", "cp437", "cp858", "mac-roman"}
    | {f"iso8859-{number}" for number in (2, 3, 4, 10, 13, 14, 15, 16)}
)


def _is_utf8_on_purpose(content: bytes, declared: str) -> bool:
    """Return whether valid UTF-8 is no accident: a few letters of other charsets may look so."""
    if not declared or declared == UTF8 or declared in LATIN or not _decodes(content, declared):
        return True
    letters = [letter for letter in content.decode() if letter > "\x7f"]
    return (
        len(letters) >= SHORT
        or max(letters) > "\u07ff"
        or _SINGLE.search(content.decode()) is not None
    )


def _is_damaged_utf8(content: bytes, *, at_least: int) -> bool:
    """Return whether ``content`` has more letters of UTF-8 than bytes that are wrong in it."""
    wrong = _wrong_in_utf8(content)
    text = content.decode(UTF8, "ignore")
    right = len(text) - len(text.encode("ascii", "ignore"))
    return right >= at_least and right >= wrong


def _wrong_in_utf8(content: bytes) -> int:
    return content.decode(UTF8, "replace").count("\ufffd") - content.count(b"\xef\xbf\xbd")


def _is(content: bytes, codec: str) -> bool:
    try:
        content.decode(codec)
    except UnicodeError:
        return False
    return True


def _decodes(content: bytes, codec: str) -> bool:
    return "\ufffd" not in decode_as(content, codec)
