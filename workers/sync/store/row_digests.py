"""Digests of rows, to find out which rows a rebuild changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, LiteralString, TypeAlias

from schemas.cention.attachments import AttachmentKind
from workers.database import Connection, queries

SQL = queries.load(__name__)

Rows: TypeAlias = dict[tuple[str, str], str]
"""A digest of each row by table and key, without the time at which it was fetched."""


def of_errand_reports(conn: Connection, workspace: str, ids: Sequence[int]) -> Rows:
    """Return the rows made from reports of these errands, and all names."""
    return _rows(conn, SQL["errand_report_rows"], workspace=workspace, ids=list(ids))


def of_facebook_ratings(conn: Connection, workspace: str, ids: Sequence[int]) -> Rows:
    """Return the rows of these ratings."""
    return _rows(conn, SQL["facebook_rating_rows"], workspace=workspace, ids=list(ids))


def of_attachments(
    kind: AttachmentKind, conn: Connection, workspace: str, ids: Sequence[int]
) -> Rows:
    """Return the rows of these attachments, without their contents."""
    return _rows(conn, SQL["attachment_rows"], workspace=workspace, kind=kind, ids=list(ids))


def of_answers(
    conn: Connection, workspace: str, *, answers: Sequence[int], responses: Sequence[int]
) -> Rows:
    """Return the rows made from callbacks about these answers and responses."""
    return _rows(
        conn,
        SQL["answer_rows"],
        workspace=workspace,
        answers=list(answers),
        responses=list(responses),
    )


def _rows(conn: Connection, query: LiteralString, **parameters: Any) -> Rows:
    rows = conn.execute(query, parameters).fetchall()
    return {(table, key): digest for table, key, digest in rows}
