"""The tables of attachments and their contents; equal contents are stored once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from psycopg.rows import scalar_row

from schemas.cention.attachments import AttachmentKind
from workers.database import Connection, queries

SQL = queries.load(__name__)

CHUNK_BYTES = 64 * 1024
# The binary COPY format: signature, flags, header extension, all fixed by the PostgreSQL manual.
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + (0).to_bytes(4, "big") + (0).to_bytes(4, "big")
COPY_TRAILER = (0xFFFF).to_bytes(2, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAttachment:
    """The description of an attachment whose content is stored."""

    attachment_id: int
    name: str | None
    content_type: str | None
    content_cid: str | None
    size_bytes: int
    sha256: bytes
    fetched_at: datetime


def record_wanted(
    conn: Connection, workspace: str, kind: AttachmentKind, ids: Iterable[int]
) -> list[int]:
    """Add attachments as wanted; existing rows stay as they are. Returns the ids of new rows."""
    unique = sorted(set(ids))
    if not unique:
        return []
    parameters = {"workspace": workspace, "kind": kind, "ids": unique}
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["record_attachments_wanted"], parameters).fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedAttachment:
    """The description of an attachment, without its content."""

    attachment_id: int
    name: str | None
    content_type: str | None
    content_cid: str | None


def describe(
    conn: Connection,
    workspace: str,
    kind: AttachmentKind,
    described: Sequence[DescribedAttachment],
) -> None:
    """Write descriptions of attachments that have a row; contents stay as they are."""
    conn.execute(
        SQL["describe_attachments"],
        {
            "workspace": workspace,
            "kind": kind,
            "ids": [d.attachment_id for d in described],
            "names": [d.name for d in described],
            "content_types": [d.content_type for d in described],
            "content_cids": [d.content_cid for d in described],
        },
    )


def save(conn: Connection, workspace: str, kind: AttachmentKind, stored: StoredAttachment) -> None:
    """Write the description of one attachment whose content was inserted before."""
    conn.execute(
        SQL["save_attachment"],
        {
            "workspace": workspace,
            "kind": kind,
            "attachment_id": stored.attachment_id,
            "name": stored.name,
            "content_type": stored.content_type,
            "content_cid": stored.content_cid,
            "size_bytes": stored.size_bytes,
            "sha256": stored.sha256,
            "fetched_at": stored.fetched_at,
        },
    )


def record_absent(
    conn: Connection,
    workspace: str,
    kind: AttachmentKind,
    ids: Sequence[int],
    *,
    state: str,
    reason: str,
    at: datetime,
) -> None:
    """Mark attachments as ``gone`` or ``refused``, and why; a stored content stays stored."""
    conn.execute(
        SQL["record_attachments_absent"],
        {
            "workspace": workspace,
            "kind": kind,
            "ids": sorted(set(ids)),
            "state": state,
            "reason": reason,
            "at": at,
        },
    )


def insert_content(conn: Connection, content: BinaryIO, *, sha256: bytes, size_bytes: int) -> None:
    """Insert a content unless it is stored; streams it, so that memory holds one chunk only."""
    conn.execute(SQL["lock_content"], {"sha256": sha256})
    with conn.cursor(row_factory=scalar_row) as cursor:
        is_stored = cursor.execute(SQL["content_is_stored"], {"sha256": sha256}).fetchone()
    if is_stored:
        return
    with conn.cursor() as cursor, cursor.copy(SQL["copy_content"]) as copy:
        copy.write(COPY_HEADER + (2).to_bytes(2, "big"))
        copy.write(len(sha256).to_bytes(4, "big") + sha256 + size_bytes.to_bytes(4, "big"))
        while chunk := content.read(CHUNK_BYTES):
            copy.write(chunk)
        copy.write(COPY_TRAILER)
