"""Parses mails: sender, texts, files. Malformed parts are no error; a mail without a sender is."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.feedparser import BytesFeedParser
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, parseaddr

from schemas.text.html import text_of_html
from schemas.text.unstorable import replace_unstorable_text

UTF8_FIRST = frozenset({"", "us-ascii", "ascii", "unknown-8bit", "x-unknown", "default"})
SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
}
MAX_PARTS = 1_000
CHUNK_BYTES = 64 * 1024

ENDINGS = {
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
}
"""For files without a name; ``mimetypes`` would give other endings on other machines."""

_FOLDS = re.compile(r"\r?\n(?=[ \t])")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """A file in a mail: an attachment, or an image within its HTML."""

    name: str
    content_type: str
    content_id: str | None  # the HTML refers to it by this
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail; missing texts are empty."""

    message_id: str  # without its brackets
    from_address: str
    from_name: str
    subject: str
    body: str = field(repr=False)
    html_body: str = field(repr=False)
    files: tuple[MailFile, ...]
    headers: dict[str, str] = field(repr=False)  # to, cc, date, in_reply_to, if present


def read_mail(content: bytes) -> Mail:
    """Parse a mail. Raises ``ValueError`` if it has no sender, or too many parts."""
    message = _parsed(content)
    name, address = parseaddr(_raw(message, "from"))
    if not address:
        raise ValueError("it has no From with an address")
    parts = _leaf_parts(message)
    plain, html_part = _first(parts, "text/plain"), _first(parts, "text/html")
    html = "" if html_part is None else _text(html_part)
    files = tuple(
        _file(part, place) for place, part in enumerate(parts, 1) if part not in (plain, html_part)
    )
    return Mail(
        message_id=_header(message, "message-id").strip("<> "),
        from_address=_decode_words(address),
        from_name=_decode_words(name),
        subject=_header(message, "subject"),
        body=text_of_html(html) if plain is None else _text(plain),
        html_body=html,
        files=files,
        headers=_headers(message),
    )


def _parsed(content: bytes) -> Message:
    """Parse in chunks; in one call, the whole mail would be in memory twice more."""
    parser = BytesFeedParser()
    for start in range(0, len(content), CHUNK_BYTES):
        parser.feed(content[start : start + CHUNK_BYTES])
    return parser.close()


def _leaf_parts(message: Message) -> list[Message]:
    """Return the parts with content; a forwarded mail is one part, a multipart none."""
    leaves: list[Message] = []
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting += reversed(_subparts(part))
        else:
            leaves.append(part)
        if len(leaves) + len(waiting) > MAX_PARTS:
            raise ValueError(f"it has more than {MAX_PARTS} parts")
    return leaves


def _first(parts: list[Message], content_type: str) -> Message | None:
    return next(
        (
            part
            for part in parts
            if part.get_content_type() == content_type
            and part.get_content_disposition() != "attachment"
            and not _name(part)
        ),
        None,
    )


def _file(part: Message, place: int) -> MailFile:
    content_type = part.get_content_type()
    content_id = _header(part, "content-id").strip("<> ")
    return MailFile(
        name=_name(part) or f"part-{place}{ENDINGS.get(content_type, '')}",
        content_type=content_type,
        content_id=content_id or None,
        content=_content(part),
    )


def _content(part: Message) -> bytes:
    try:
        if part.is_multipart():  # a mail within the mail
            return b"\n".join(each.as_bytes() for each in _subparts(part))
        decoded = part.get_payload(decode=True)
    except (
        ValueError,
        LookupError,
        TypeError,
        MessageError,
    ):  # what email raises for malformed headers
        decoded = None
    return decoded if isinstance(decoded, bytes) else b""


def _subparts(part: Message) -> list[Message]:
    return [each for each in part.get_payload() if isinstance(each, Message)]


def _text(part: Message) -> str:
    try:
        charset = str(part.get_content_charset() or "")
    except (LookupError, ValueError):
        charset = ""
    text = _decoded(_content(part), charset)
    return replace_unstorable_text(text.replace("\r\n", "\n").removeprefix("\N{BYTE ORDER MARK}"))


def _decoded(content: bytes, charset: str) -> str:
    """Decode bytes by their declared charset if possible, else by the most likely one."""
    declared = charset.lower().strip("\"' ")
    for codec in _codecs(declared):
        try:
            return content.decode(codec)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _codecs(declared: str) -> Iterator[str]:
    if declared not in UTF8_FIRST:
        yield SUPERSETS.get(declared, declared)
    yield from ("utf-8", "cp1252")


def _name(part: Message) -> str:
    """Return the name of a file, however it is encoded; "" for none."""
    try:
        given = part.get_filename()
    except (ValueError, LookupError, TypeError):
        return ""
    return _decode_words(collapse_rfc2231_value(given)) if given else ""


def _header(message: Message, name: str) -> str:
    return _decode_words(_raw(message, name))


def _raw(message: Message, name: str) -> str:
    """Return a header without decoding its words; unencoded bytes are decoded as text."""
    found = next((text for key, text in message.raw_items() if key.lower() == name), "")
    raw = str(found).encode("utf-8", "surrogateescape")
    return _decoded(raw, "")


def _decode_words(text: str) -> str:
    """Return a header on one line, with its encoded words decoded."""
    text = _FOLDS.sub("", text)  # decode_header would drop the space that begins the next line
    try:
        words = decode_header(text)
    except (MessageError, ValueError, binascii.Error):
        words = [(text, None)]
    decoded = "".join(
        word if isinstance(word, str) else _word(word, charset) for word, charset in words
    )
    return _SPACES.sub(" ", replace_unstorable_text(decoded)).strip()


def _word(word: bytes, charset: str | None) -> str:
    # Beside an encoded word, decode_header returns the rest as bytes with escapes.
    return word.decode("raw-unicode-escape") if charset is None else _decoded(word, charset)


def _headers(message: Message) -> dict[str, str]:
    names = {"to": "to", "cc": "cc", "date": "date", "in-reply-to": "in_reply_to"}
    found = {key: _header(message, name) for name, key in names.items()}
    return {name: text for name, text in found.items() if text}
