"""What may not be kept for longer: taken away in batches, the rows stay."""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import class_row

from workers.database import queries
from workers.privacy.store import attachment_blobs
from workers.privacy.store.attachment_blobs import AttachmentKey

SQL = queries.load(__name__)

REASON = "kept for as long as the settings allow"


def remove_callback_documents(conn: Connection[Any], *, before: datetime, limit: int) -> int:
    """Take away documents of callbacks that were filed; return of how many."""
    return _remove(conn, SQL["remove_callback_documents"], before, limit)


def remove_callback_bodies(conn: Connection[Any], *, before: datetime, limit: int) -> int:
    """Take the bodies of answers out of callbacks that were filed; return out of how many."""
    return _remove(conn, SQL["remove_callback_bodies"], before, limit)


def remove_landed_documents(conn: Connection[Any], *, before: datetime, limit: int) -> int:
    """Take away documents that became rows; return how many."""
    return _remove(conn, SQL["remove_landed_documents"], before, limit)


def remove_answer_bodies(conn: Connection[Any], *, before: datetime, limit: int) -> int:
    """Take the bodies of answers away; return of how many."""
    return _remove(conn, SQL["remove_answer_bodies"], before, limit)


def remove_errand_bodies(conn: Connection[Any], *, before: datetime, limit: int) -> int:
    """Take the bodies of errands away, in their landed reports as well; return of how many.

    Landed reports first, as drains lock them. One that makes no sense is left alone: it may yet.
    """
    parameters = {"before": before, "limit": limit}
    found = conn.execute(SQL["errands_with_old_bodies"], parameters).fetchall()
    chosen = {"workspaces": [w for w, _ in found], "ids": [i for _, i in found], "before": before}
    conn.execute(SQL["lock_landed_reports"], chosen)
    return len(conn.execute(SQL["remove_errand_bodies"], chosen).fetchall())


def remove_exported_bodies(conn: Connection[Any], *, before: datetime, limit: int) -> int:
    """Take the bodies of errands out of exports that were made before; return of how many."""
    return _remove(conn, SQL["remove_exported_bodies"], before, limit)


def remove_attachment_contents(conn: Connection[Any], *, before: datetime, limit: int) -> int:
    """Take the contents of attachments away that were fetched before; return of how many."""
    with conn.cursor(row_factory=class_row(AttachmentKey)) as cursor:
        parameters = {"before": before, "limit": limit}
        found = cursor.execute(SQL["attachments_with_old_contents"], parameters).fetchall()
    return attachment_blobs.remove(conn, found, reason=REASON, names=False).attachments


def _remove(conn: Connection[Any], query: LiteralString, before: datetime, limit: int) -> int:
    return len(conn.execute(query, {"before": before, "limit": limit}).fetchall())
