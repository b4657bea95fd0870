"""Removes contents of attachments; a blob is deleted with the last attachment that refers to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentKey:
    """An attachment, and the digest of its content when it was selected."""

    workspace: str
    kind: str
    attachment_id: int
    sha256: bytes | None  # None: nothing is stored


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedContents:
    """How many attachments lost their content, and how many blobs were deleted."""

    attachments: int
    contents: int


def remove(
    conn: Connection, found: Sequence[AttachmentKey], *, reason: str, names: bool
) -> RemovedContents:
    """Remove the contents of attachments; with ``names`` also their names and types.

    An attachment whose content changed meanwhile keeps it. A blob that another attachment refers
    to stays, even if that attachment is being written now.
    """
    if not found:
        return RemovedContents(attachments=0, contents=0)
    contents = sorted({one.sha256 for one in found if one.sha256 is not None})
    conn.execute(SQL["lock_contents"], {"contents": contents})
    detached = conn.execute(
        SQL["detach_contents"],
        {
            "workspaces": [one.workspace for one in found],
            "kinds": [one.kind for one in found],
            "ids": [one.attachment_id for one in found],
            "sha256": [one.sha256 for one in found],
            "reason": reason,
            "names": names,
        },
    ).fetchall()
    deleted = conn.execute(SQL["remove_contents"], {"contents": contents}).fetchall()
    return RemovedContents(attachments=len(detached), contents=len(deleted))
