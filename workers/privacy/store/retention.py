"""Removes contents past their retention, in batches; the rows stay."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString, cast

from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries
from workers.privacy.store import attachment_blobs
from workers.privacy.store.attachment_blobs import AttachmentKey
from workers.privacy.store.erased import key_arrays

SQL = queries.load(__name__)

REASON = "removed after RETAIN_BODIES_DAYS"


def database_time(conn: Connection) -> datetime:
    """Return the time by the database's clock; those of workers may differ."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cast(datetime, cursor.execute(SQL["database_time"]).fetchone())


def done_within(conn: Connection, seconds: float) -> bool:
    """Return whether retention was applied to everything in the last ``seconds``."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["done_within"], {"seconds": seconds}).fetchone())


def record_done(conn: Connection) -> None:
    """Record that retention was applied to everything."""
    conn.execute(SQL["record_done"])


def delete_activity(conn: Connection, *, before: datetime, limit: int) -> int:
    """Delete minutes of activity; return how many rows."""
    return _remove(conn, SQL["delete_activity"], before, limit)


def delete_actions(conn: Connection, *, before: datetime, limit: int) -> int:
    """Delete records of what operators did in the web face; return how many."""
    return _remove(conn, SQL["delete_actions"], before, limit)


def remove_callback_documents(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove the documents of filed callbacks; return of how many."""
    return _remove(conn, SQL["remove_callback_documents"], before, limit)


def remove_callback_bodies(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove the bodies of answers from filed callbacks; return from how many."""
    return _remove(conn, SQL["remove_callback_bodies"], before, limit)


def remove_landed_documents(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove landed documents that were normalised; return how many."""
    return _remove(conn, SQL["remove_landed_documents"], before, limit)


def remove_answer_bodies(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove the bodies of answers; return of how many."""
    return _remove(conn, SQL["remove_answer_bodies"], before, limit)


def remove_errand_bodies(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove the bodies of errands, in their landed reports as well; return of how many.

    Landed reports are locked first, as drains do. Unreadable ones stay, as a later version may
    read them.
    """
    parameters = {"before": before, "limit": limit}
    found = conn.execute(SQL["errands_with_old_bodies"], parameters).fetchall()
    chosen = {**key_arrays(found), "before": before}
    conn.execute(SQL["lock_landed_reports"], chosen)
    return len(conn.execute(SQL["remove_errand_bodies"], chosen).fetchall())


def remove_exported_bodies(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove the bodies of errands from exports; return of how many."""
    return _remove(conn, SQL["remove_exported_bodies"], before, limit)


def remove_survey_comments(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove the comments in answers to surveys; return how many."""
    return _remove(conn, SQL["remove_survey_comments"], before, limit)


def remove_survey_contexts(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove what vendors reported of conversations; return of how many."""
    return _remove(conn, SQL["remove_survey_contexts"], before, limit)


def remove_invited_contacts(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove contacts and names from invitations that are over; return from how many."""
    return _remove(conn, SQL["remove_invited_contacts"], before, limit)


def remove_unmatched_cells(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove the cells of unmatched rows; return of how many."""
    return _remove(conn, SQL["remove_unmatched_cells"], before, limit)


def remove_attachment_contents(conn: Connection, *, before: datetime, limit: int) -> int:
    """Remove the contents of attachments; return of how many."""
    with conn.cursor(row_factory=class_row(AttachmentKey)) as cursor:
        parameters = {"before": before, "limit": limit}
        found = cursor.execute(SQL["attachments_with_old_contents"], parameters).fetchall()
    return attachment_blobs.remove(conn, found, reason=REASON, names=False).attachments


def _remove(conn: Connection, query: LiteralString, before: datetime, limit: int) -> int:
    return len(conn.execute(query, {"before": before, "limit": limit}).fetchall())
