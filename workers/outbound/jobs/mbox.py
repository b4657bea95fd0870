"""Reads mails from ``.eml`` and ``.mbox`` files, and converts them to errands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from schemas.cention.errand_orders import read_order
from schemas.cention.errands import ErrandOrder, NewAttachment
from schemas.mails import MailFile, read_mail
from workers.clients.cention.attachment_content import BytesContent
from workers.outbound.jobs.csv_errands import UnreadableFile

FROM_ = b"From "
DATED = re.compile(rb"From .*\b[0-9]{1,2}:[0-9]{2}\b.*\b[0-9]{4}\b")
EMPTY = (b"\n", b"\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMail:
    """The bytes of one mail; ``content`` is ``None`` if it was too large."""

    place: str
    content: bytes | None = field(repr=False)


def mail_of_eml(path: Path, *, max_bytes: int) -> Iterator[RawMail]:
    """Yield the one mail of a file. Raises ``OSError``."""
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    yield RawMail(place="message 1", content=content if len(content) <= max_bytes else None)


def mails_of_mbox(path: Path, *, max_bytes: int) -> Iterator[RawMail]:
    """Yield the mails of a file; each begins with a line ``From `` after an empty line.

    If the first such line has a date, as programs write it, lines ``From `` without a date are
    unquoted text. Lines quoted as ``>From `` are unquoted. Raises ``OSError``, and
    ``UnreadableFile`` if the file does not begin with a mail.
    """
    number, begun_at, size = 0, 0, 0
    lines: list[bytes] = []
    after_empty = True
    begins = re.compile(FROM_)
    with path.open("rb") as file:
        for at, line in enumerate(file, 1):
            if not number and line not in EMPTY:
                begins = _beginning(line)
            if after_empty and begins.match(line):
                if number:
                    yield _raw(number, begun_at, lines, size, max_bytes)
                number, begun_at, size, lines = number + 1, at, 0, []
            elif number:
                size += len(line)
                if size <= max_bytes:
                    lines.append(_unquoted(line))
            after_empty = line in EMPTY
    if number:
        yield _raw(number, begun_at, lines, size, max_bytes)


def count_mbox(path: Path) -> int:
    """Return how many mails a file has. Raises ``OSError``."""
    return sum(1 for _ in mails_of_mbox(path, max_bytes=0))


def order_of_mail(raw: RawMail) -> ErrandOrder:
    """Return a mail as an errand; headers without a field of their own go into extradata.

    Raises ``ValueError``, also as ``DocumentError``.
    """
    if raw.content is None:
        raise ValueError("is too large: see ATTACHMENT_MAX_BYTES")
    mail = read_mail(raw.content)
    message = {
        "message_id": mail.message_id,
        "from": mail.from_address,
        "name": mail.from_name,
        "subject": mail.subject,
        "body": mail.body,
        "html_body": mail.html_body,
    }
    files = tuple(map(_attachment, mail.files))
    return read_order({"msg": message, "extradata": mail.headers or None}, files)


def _attachment(file: MailFile) -> NewAttachment:
    return NewAttachment(
        name=file.name,
        content_type=file.content_type,
        content_id=file.content_id,
        content=BytesContent(file.content),
    )


def _beginning(first: bytes) -> re.Pattern[bytes]:
    """Return the pattern of the line before each mail, judged by the first line of the file."""
    if not first.startswith(FROM_):
        raise UnreadableFile("is not mbox: its first line does not begin with From and a space")
    return DATED if DATED.match(first) else re.compile(FROM_)


def _raw(number: int, at: int, lines: list[bytes], size: int, max_bytes: int) -> RawMail:
    own = lines[:-1] if lines and lines[-1] in EMPTY else lines  # the last one separates mails
    content = b"".join(own) if size <= max_bytes else None
    return RawMail(place=f"message {number} (line {at})", content=content)


def _unquoted(line: bytes) -> bytes:
    return line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(FROM_) else line
