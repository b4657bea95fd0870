"""Imports a vendor's results: bad rows are reported, the others are saved in batches."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice

from schemas.surveys.results import ResultRow
from workers.database import Connection
from workers.surveys.store import answers
from workers.surveys.store.answers import SavedRows

BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that was not taken."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import saved, or would save."""

    saved: SavedRows
    unanswered: int  # rows of customers who have not answered
    bad: tuple[BadRow, ...]


def import_rows(
    conn: Connection, workspace: str, vendor: str, rows: Iterable[ResultRow], *, dry_run: bool
) -> ImportResult:
    """Save rows of a vendor's results, a transaction a batch; with ``dry_run`` nothing.

    ``conn`` is in autocommit mode. May be interrupted and run again: what is known is not saved
    twice.
    """
    saved, unanswered, bad = SavedRows(), 0, []
    coming = iter(rows)
    with conn.transaction(force_rollback=True) if dry_run else nullcontext():
        while batch := list(islice(coming, BATCH)):
            answered = [row for row in batch if row.answers]
            with conn.transaction():
                saved += answers.save_results(conn, workspace, vendor, answered, origin="import")
            bad += [BadRow(line=r.line, problem=r.problem) for r in batch if r.problem is not None]
            unanswered += sum(not row.answers and row.problem is None for row in batch)
    return ImportResult(saved=saved, unanswered=unanswered, bad=tuple(bad))
