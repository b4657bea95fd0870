"""Reads import files record by record; an unreadable record does not hide the next one."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from schemas.cention.errand_orders import read_order
from schemas.cention.errands import ErrandOrder, NewAttachment
from schemas.errors import DocumentError, Fault
from schemas.strict_json import TOO_DEEP, TooDeep
from workers.clients.cention.outgoing_files import UNKNOWN_TYPE, BytesContent
from workers.clients.json_bodies import read_json
from workers.outbound.jobs.csv_errands import rows
from workers.outbound.jobs.errors import UnreadableFile
from workers.outbound.jobs.listed_files import attachment_from, resolve_inside
from workers.outbound.jobs.mails import LATER_HEADERS, RawMail, mail_of_eml, order_of_mail
from workers.outbound.jobs.mbox import count_mbox, mails_of_mbox

FILE_FIELDS = frozenset({"file", "content", "name", "content_type", "content_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """One errand of a file, or the reason why it cannot be read."""

    place: str  # line or message number in the file
    order: ErrandOrder | None
    problem: str = ""
    undigested: frozenset[str] = frozenset()  # members of extradata: no part of the content digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads files with one suffix. Both functions raise ``UnreadableFile`` and ``OSError``."""

    records: Callable[
        [Path, int], Iterator[ImportRecord]
    ]  # the number: size limit of an attachment, bytes
    count: Callable[[Path], int]


def reader_for(path: Path) -> Reader:
    """Return the reader for a file, by its suffix. Raises ``UnreadableFile``."""
    try:
        return READERS[path.suffix.lower()]
    except KeyError:
        raise UnreadableFile(f"does not end in one of {' '.join(READERS)}") from None


def _json_lines(path: Path, max_bytes: int) -> Iterator[ImportRecord]:
    max_line_bytes = max_bytes * 2  # base64, and the JSON around it
    with path.open("rb") as file:
        number = 0
        while line := file.readline(max_line_bytes):
            number += 1
            if len(line) == max_line_bytes and not line.endswith(b"\n"):
                _skip_line(file.readline, max_line_bytes)
                problem = f"is longer than {max_line_bytes} bytes: see ATTACHMENT_MAX_BYTES"
                yield ImportRecord(place=f"line {number}", order=None, problem=problem)
            elif line.strip():
                yield _record(f"line {number}", partial(_order_of_json, line, path.parent))


def _skip_line(readline: Callable[[int], bytes], chunk_bytes: int) -> None:
    while (chunk := readline(chunk_bytes)) and not chunk.endswith(b"\n"):
        pass


def _csv(path: Path, _max_bytes: int) -> Iterator[ImportRecord]:
    for line, read in rows(path):
        yield _record(f"line {line}", read)


def _eml(path: Path, max_bytes: int) -> Iterator[ImportRecord]:
    yield from map(_mail_record, mail_of_eml(path, max_bytes=max_bytes * 2))


def _mbox(path: Path, max_bytes: int) -> Iterator[ImportRecord]:
    yield from map(_mail_record, mails_of_mbox(path, max_bytes=max_bytes * 2))


def _mail_record(raw: RawMail) -> ImportRecord:
    return replace(_record(raw.place, partial(order_of_mail, raw)), undigested=LATER_HEADERS)


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if line.strip())


READERS = {
    ".jsonl": Reader(records=_json_lines, count=_count_lines),
    ".csv": Reader(records=_csv, count=lambda path: sum(1 for _ in rows(path))),
    ".eml": Reader(records=_eml, count=lambda _path: 1),
    ".mbox": Reader(records=_mbox, count=count_mbox),
}


def _record(place: str, read: Callable[[], ErrandOrder]) -> ImportRecord:
    try:
        return ImportRecord(place=place, order=read())
    except DocumentError as error:
        return ImportRecord(place=place, order=None, problem="; ".join(map(str, error.faults)))
    except ValueError as error:
        return ImportRecord(place=place, order=None, problem=str(error))
    except Exception as error:  # of a library: it must not hide the records that follow
        problem = f"cannot be read: {type(error).__name__}"
        return ImportRecord(place=place, order=None, problem=problem)


def _order_of_json(line: bytes, folder: Path) -> ErrandOrder:
    try:
        attributes = read_json(line)
    except TooDeep:
        raise ValueError(TOO_DEEP) from None
    except ValueError:
        raise ValueError("is not JSON") from None
    if not isinstance(attributes, dict):
        raise ValueError("is not a JSON object")
    message = attributes.get("msg")
    files = message.pop("attachments", None) if isinstance(message, dict) else None
    if not isinstance(files, list | None):
        raise DocumentError(Fault("/msg/attachments", "must be a list"))
    found = [
        _attachment(file, folder, f"/msg/attachments/{position}")
        for position, file in enumerate(files or ())
    ]
    return read_order(attributes, tuple(found))


def _attachment(given: Any, folder: Path, pointer: str) -> NewAttachment:
    """Read an attachment whose content is base64, or in a ``file`` in the folder."""
    if not isinstance(given, dict) or ("file" in given) == ("content" in given):
        raise DocumentError(Fault(pointer, "must be an object with either content or file"))
    for name, value in given.items():
        if name not in FILE_FIELDS:
            raise DocumentError(Fault(f"{pointer}/{name}", "is not a field of an attachment"))
        if not isinstance(value, str):
            raise DocumentError(Fault(f"{pointer}/{name}", "must be a text"))
    called = {name: given.get(name, "") for name in ("name", "content_type", "content_id")}
    if "file" in given:
        path = resolve_inside(folder, given["file"], f"{pointer}/file")
        return attachment_from(path, f"{pointer}/file", **called)
    return NewAttachment(
        name=called["name"],
        content_type=called["content_type"]
        or mimetypes.guess_type(called["name"])[0]
        or UNKNOWN_TYPE,
        content_id=called["content_id"] or None,
        content=BytesContent(_decoded(given["content"], f"{pointer}/content")),
    )


def _decoded(text: str, pointer: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DocumentError(Fault(pointer, "is not base64")) from None
