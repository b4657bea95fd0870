"""Documents as they came, kept whether or not they could be understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from workers.queues import Family
from workers.store import json_text, queries

SQL = queries.load("landed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """One document to be kept."""

    remote_id: int
    document: str  # JSON text
    fetched_at: datetime
    problem: str | None  # why it cannot be understood; None if it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """One document that was kept."""

    remote_id: int
    document: dict[str, Any]
    fetched_at: datetime
    problem: str | None


def keep(
    conn: Connection[Any], workspace: str, family: Family, landings: Sequence[Landing]
) -> None:
    """Keep the newest document of each record."""
    conn.execute(
        SQL["keep_documents"],
        {
            "workspace": workspace,
            "family": family,
            "ids": [landing.remote_id for landing in landings],
            "documents": json_text.array(landing.document for landing in landings),
            "fetched_at": [landing.fetched_at for landing in landings],
            "problems": [landing.problem for landing in landings],
        },
    )


def batches(
    conn: Connection[Any], workspace: str, family: Family, *, size: int
) -> Iterator[list[Landed]]:
    """Yield all documents of a family in batches by id; each batch locked until commit."""
    after = -1
    while True:
        parameters = {"workspace": workspace, "family": family, "after": after, "limit": size}
        with conn.cursor(row_factory=class_row(Landed)) as cursor:
            batch = cursor.execute(SQL["documents_after"], parameters).fetchall()
        if not batch:
            return
        yield batch
        after = batch[-1].remote_id
