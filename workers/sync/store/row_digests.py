"""What rows say, as digests: to tell what writing them anew has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString, TypeAlias

from schemas.cention.attachments import AttachmentKind
from workers.database import Connection, queries

SQL = queries.load(__name__)

Rows: TypeAlias = dict[tuple[str, str], str]
"""Table and key of a row, and a digest of what it says, whenever it was fetched."""


def of_errand_reports(conn: Connection, workspace: str, ids: Sequence[int]) -> Rows:
    """Return the rows that reports of these errands make, and every name there is."""
    return _rows(conn, SQL["errand_report_rows"], workspace=workspace, ids=list(ids))


def of_facebook_ratings(conn: Connection, workspace: str, ids: Sequence[int]) -> Rows:
    """Return the rows of these ratings."""
    return _rows(conn, SQL["facebook_rating_rows"], workspace=workspace, ids=list(ids))


def of_attachments(
    kind: AttachmentKind, conn: Connection, workspace: str, ids: Sequence[int]
) -> Rows:
    """Return the rows of these attachments; contents are not looked at."""
    return _rows(conn, SQL["attachment_rows"], workspace=workspace, kind=kind, ids=list(ids))


def of_answers(
    conn: Connection, workspace: str, *, answers: Sequence[int], responses: Sequence[int]
) -> Rows:
    """Return the rows that callbacks about these answers and responses make."""
    return _rows(
        conn,
        SQL["answer_rows"],
        workspace=workspace,
        answers=list(answers),
        responses=list(responses),
    )


def _rows(conn: Connection, query: LiteralString, **parameters: Any) -> Rows:
    found = conn.execute(query, parameters).fetchall()
    return {(table, key): content for table, key, content in found}
