"""Rows made anew from the documents that were kept, without asking Cention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.errors import DocumentError
from workers.database import Connection, permanent_errors
from workers.database.records import Fetched
from workers.sync.jobs.parsers import FamilyParser
from workers.sync.jobs.rebuild_report import RebuildCounts, RebuildReport
from workers.sync.store import landed, wanted
from workers.sync.store.landed import Landed

BATCH = 200


def renormalise(
    reading: FamilyParser,
    workspace: str,
    conn: Connection,
    *,
    dry_run: bool,
    progress: Callable[[int], object],
) -> RebuildReport:
    """Make the rows of one family of ``workspace`` anew, a transaction a batch.

    ``conn`` is in autocommit mode. ``dry_run`` rolls every batch back. ``progress`` is told how
    many documents each batch had. Rows keep the time at which their document was fetched. A
    document that makes no sense any more leaves its rows as they are; one that makes sense now,
    but is not the whole record, goes on the list of wanted records.
    """
    counts, after = RebuildCounts(), -1
    while True:
        with conn.transaction(force_rollback=dry_run):
            batch = landed.lock_after(conn, workspace, reading.family, after=after, limit=BATCH)
            if batch:
                _remake(conn, reading, workspace, batch, counts)
        if not batch:
            return counts.report(workspace, reading.family)
        after = batch[-1].remote_id
        progress(len(batch))


def _remake(
    conn: Connection,
    reading: FamilyParser,
    workspace: str,
    batch: Sequence[Landed],
    counts: RebuildCounts,
) -> None:
    ids = [one.remote_id for one in batch]
    before = reading.rows(conn, workspace, ids)
    outcome = _write(conn, reading, workspace, batch)
    counts.add_rows(before, reading.rows(conn, workspace, ids))

    had = {one.remote_id: one.problem for one in batch}
    for remote_id, problem in outcome.problems.items():
        counts.add_problem(had[remote_id], problem)
    changed = {i: problem for i, problem in outcome.problems.items() if problem != had[i]}
    landed.record_parse_results(conn, workspace, reading.family, changed)

    insufficient = [i for i in outcome.insufficient if had[i] is not None]
    wanted.want(conn, workspace, reading.family, insufficient)
    counts.wanted += len(insufficient)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    problems: dict[int, str | None]  # of each document; None if it was written
    insufficient: tuple[int, ...]  # written, and not the whole record


def _write(
    conn: Connection, reading: FamilyParser, workspace: str, batch: Sequence[Landed]
) -> _Written:
    """Write a batch; what poisons it is tried alone, so that it hurts no other."""
    try:
        with conn.transaction():
            return _read_and_save(conn, reading, workspace, batch)
    except Exception as error:
        if not permanent_errors.is_permanent(error):
            raise
        if len(batch) == 1:
            problems: dict[int, str | None] = {batch[0].remote_id: permanent_errors.describe(error)}
            return _Written(problems=problems, insufficient=())
    alone = [_write(conn, reading, workspace, [one]) for one in batch]
    return _Written(
        problems={i: problem for one in alone for i, problem in one.problems.items()},
        insufficient=tuple(i for one in alone for i in one.insufficient),
    )


def _read_and_save(
    conn: Connection, reading: FamilyParser, workspace: str, batch: Sequence[Landed]
) -> _Written:
    problems: dict[int, str | None] = {}
    records: dict[int, Fetched[Any]] = {}
    for one in batch:
        try:
            record = reading.parse(one.remote_id, one.document)
        except DocumentError as error:
            problems[one.remote_id] = str(error)
        else:
            problems[one.remote_id] = None
            records[one.remote_id] = Fetched(record=record, fetched_at=one.fetched_at)
    if records:
        reading.save(conn, workspace, list(records.values()))
    insufficient = tuple(i for i, f in records.items() if not reading.is_complete(f.record))
    return _Written(problems=problems, insufficient=insufficient)
