"""Reads mails: sender, texts, files. Malformed parts are no error; a mail without a sender is."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from itertools import islice

from schemas.mails.bodies import Bodies, choose_bodies
from schemas.mails.headers import header_text, raw_text
from schemas.mails.parts import Part, read_parts
from schemas.mails.sender import MAX_ADDRESS_CHARACTERS, Sender, read_sender
from schemas.text.unstorable import replace_unstorable_text

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

HEADERS = {
    "to": "to",
    "cc": "cc",
    "date": "date",
    "in-reply-to": "in_reply_to",
    "reply-to": "reply_to",
    "references": "references",
}
"""Headers for which an errand has no field, and the names of their values."""

MAX_SENDERS = 10  # headers From, of which the first with an address counts

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*(?:>?From [^\r\n]*\r?\n)?")


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
    headers: dict[str, str] = field(repr=False)  # the values of ``HEADERS`` that are present


def read_mail(content: bytes) -> Mail:
    """Parse a mail.

    Raises ``ValueError`` if it has no sender, one that is too long, or too many parts. Takes linear
    time.
    """
    root = read_parts(_normalised(content))
    bodies = choose_bodies(root)
    charset = bodies.charset
    sender = _sender(root, charset)
    return Mail(
        message_id=_header(root, "message-id", charset).strip("<> "),
        from_address=sender.address,
        from_name=sender.name,
        subject=_header(root, "subject", charset),
        body=bodies.plain,
        html_body=bodies.html,
        files=_files(bodies),
        headers=_headers(root, charset),
    )


def _normalised(content: bytes) -> bytes:
    """Return a mail that begins with its headers, in bytes with line feeds."""
    if content[:2] in _UTF16:
        content = content.decode("utf-16", "replace").encode()
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    found = _BEGINNING.match(content)
    return content[found.end() :] if found else content


def _sender(root: Part, charset: str) -> Sender:
    for value in islice(root.headers.all("from"), MAX_SENDERS):
        sender = read_sender(raw_text(value, charset))
        if sender is not None and len(sender.address) > MAX_ADDRESS_CHARACTERS:
            raise ValueError(f"its From has more than {MAX_ADDRESS_CHARACTERS} characters")
        if sender is not None:
            return sender
    raise ValueError("it has no From with an address")


def _header(root: Part, name: str, charset: str) -> str:
    return header_text(root.headers.first(name), charset)


def _headers(root: Part, charset: str) -> dict[str, str]:
    found = {key: _header(root, name, charset) for name, key in HEADERS.items()}
    return {name: text for name, text in found.items() if text.strip("<> ")}


def _files(bodies: Bodies) -> tuple[MailFile, ...]:
    return tuple(
        _file(part, place, bodies.charset)
        for place, part in enumerate(bodies.leaves, 1)
        if part in bodies.files
    )


def _file(part: Part, place: int, charset: str) -> MailFile:
    content_id = header_text(part.headers.first("content-id")).strip("<> ")
    name = replace_unstorable_text(part.name_in(charset))
    return MailFile(
        name=name or f"part-{place}{ENDINGS.get(part.content_type, '')}",
        content_type=part.content_type,
        content_id=content_id or None,
        content=part.content,
    )
