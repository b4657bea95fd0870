"""Decodes contents by their Content-Transfer-Encoding; what is wrong in them loses nothing else."""

from __future__ import annotations

import binascii
import re

_SPACES = b" \t\r\n\0\x0b\x0c"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NO_BASE64 = bytes(set(range(256)) - set(_ALPHABET))
_BASE64_LINE = re.compile(rb"[ \t]*[A-Za-z0-9+/]*={0,3}[ \t\r]*")
_FULL_LINE = 40  # characters: a line so long that is base64 is no text
_WRONG_IN_LINE = 2  # characters; the address of a page has more
_PADDED = re.compile(rb"[^=]+")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\n|\n|\r|\Z)")
_TRAILING = re.compile(rb"(?<![ \t])[ \t]+(?=\r?\n)")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]*)\r?$", re.MULTILINE)


def decode_transfer(content: bytes, encoding: str, *, keep_plain: bool) -> bytes:
    """Return ``content`` decoded by the value of a Content-Transfer-Encoding; unknown: as it is.

    ``keep_plain``: plain lines below base64, which a gateway put there, are part of the content.
    """
    name = re.sub(r"[^a-z]", "", encoding.lower().partition(";")[0].removeprefix("x-"))
    if name.startswith("base"):
        return _base64_beside_plain(content, keep_plain=keep_plain)
    if name in ("quotedprintable", "qp"):
        return decode_quoted_printable(content)
    if name in ("uuencode", "uue", "uu"):
        found = decode_uu(content)
        return content if found is None else found
    return content


def decode_base64(encoded: bytes) -> bytes:
    """Return what the letters of base64 encode, others ignored; a letter left over is dropped."""
    letters = encoded.translate(None, _NO_BASE64)
    if b"=" not in letters.rstrip(b"="):
        return _without_padding(letters.rstrip(b"="))
    return b"".join(_without_padding(found[0]) for found in _PADDED.finditer(letters))


def _without_padding(letters: bytes) -> bytes:
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _base64_beside_plain(content: bytes, *, keep_plain: bool) -> bytes:
    """Decode base64 among other lines, such as those that a gateway puts below.

    With ``keep_plain``, what is below stays as it is. A content without any base64 stays as well.
    """
    if not content.translate(None, _ALPHABET + _SPACES) and b" " not in content.strip():
        return decode_base64(content)
    lines = content.splitlines(keepends=True)
    full = [place for place, line in enumerate(lines) if _is_full(line)]
    last = full[-1] if full else -1
    end = _end_of_base64(lines, last)
    encoded = [line for line in lines[:end] if _is_base64(line) or _is_full(line)]
    if not b"".join(encoded).strip():
        return content
    below = b"".join(lines[end:]) if keep_plain else b""
    return decode_base64(b"".join(encoded)) + (b"\n" + below if below.strip() else b"")


def _end_of_base64(lines: list[bytes], last: int) -> int:
    """Return the first line below the last full one that is plain, or that follows padding."""
    padded = False
    for place, line in enumerate(lines):
        written = line.strip()
        if place > last and written and (padded or not _is_base64(line)):
            return place
        padded = written.endswith(b"=") or (padded and not written)
    return len(lines)


def _is_base64(line: bytes) -> bool:
    return _BASE64_LINE.fullmatch(line.strip(b"\r\n")) is not None


def _is_full(line: bytes) -> bool:
    """Return whether a long line is base64, perhaps but for some characters, which do not count."""
    written = line.strip()
    wrong = len(written.translate(None, _ALPHABET))
    return len(written) >= _FULL_LINE and b" " not in written and wrong <= _WRONG_IN_LINE


def decode_quoted_printable(encoded: bytes, *, header: bool = False) -> bytes:
    """Return what quoted-printable encodes; an escape that is wrong stays as it is."""
    if not header:
        encoded = _SOFT_BREAK.sub(b"", _TRAILING.sub(b"", encoded))
    return _HEX.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), encoded)


def decode_uu(encoded: bytes) -> bytes | None:
    """Return the file of a uuencoded text; ``None`` if there is none."""
    begin = _UU_BEGIN.search(encoded)
    if begin is None:
        return None
    decoded = []
    for line in encoded[begin.end() :].splitlines():
        if line.strip() == b"end":
            break
        if line:
            decoded.append(_uu_line(line))
    return b"".join(decoded)


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:  # too many characters at its end, as some encoders write
        length = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""
