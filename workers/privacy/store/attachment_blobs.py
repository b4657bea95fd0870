"""Contents of attachments, taken away: a content goes when the last attachment parts with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from workers.database import queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentKey:
    """An attachment, and the content it had when it was found."""

    workspace: str
    kind: str
    attachment_id: int
    sha256: bytes | None  # None: nothing is stored


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedContents:
    """How many attachments parted with their content, and how many contents are gone for it."""

    attachments: int
    contents: int


def remove(
    conn: Connection[Any], found: Sequence[AttachmentKey], *, reason: str, names: bool
) -> RemovedContents:
    """Take contents away, with ``names`` also what attachments are called.

    An attachment that has got another content meanwhile keeps it. A content that another
    attachment has stays, even if that is only being written now.
    """
    if not found:
        return RemovedContents(attachments=0, contents=0)
    contents = sorted({one.sha256 for one in found if one.sha256 is not None})
    conn.execute(SQL["lock_contents"], {"contents": contents})
    parted = conn.execute(
        SQL["part_with_contents"],
        {
            "workspaces": [one.workspace for one in found],
            "kinds": [one.kind for one in found],
            "ids": [one.attachment_id for one in found],
            "sha256": [one.sha256 for one in found],
            "reason": reason,
            "names": names,
        },
    ).fetchall()
    gone = conn.execute(SQL["remove_contents"], {"contents": contents}).fetchall()
    return RemovedContents(attachments=len(parted), contents=len(gone))
