"""Rebuilds rows from stored documents, without requests to Cention."""

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
    parser: FamilyParser,
    workspace: str,
    conn: Connection,
    *,
    dry_run: bool,
    progress: Callable[[int], object],
) -> RebuildReport:
    """Rebuild the rows of one family of ``workspace``, one transaction a batch.

    ``conn`` is in autocommit mode. ``dry_run`` rolls every batch back. ``progress`` receives the
    number of documents of each batch. Rows keep the time at which their document was fetched. If a
    document can no longer be parsed, its rows stay as they are. If it can be parsed only now and
    the record is incomplete, the record is wanted.
    """
    counts, after = RebuildCounts(), -1
    while True:
        with conn.transaction(force_rollback=dry_run):
            batch = landed.lock_after(conn, workspace, parser.family, after=after, limit=BATCH)
            if batch:
                _rebuild(conn, parser, workspace, batch, counts)
        if not batch:
            return counts.report(workspace, parser.family)
        after = batch[-1].remote_id
        progress(len(batch))


def _rebuild(
    conn: Connection,
    parser: FamilyParser,
    workspace: str,
    batch: Sequence[Landed],
    counts: RebuildCounts,
) -> None:
    ids = [one.remote_id for one in batch]
    rows_before = parser.rows(conn, workspace, ids)
    result = _write(conn, parser, workspace, batch)
    counts.add_rows(rows_before, parser.rows(conn, workspace, ids))

    problem_before = {one.remote_id: one.problem for one in batch}
    for remote_id, problem in result.problems.items():
        counts.add_problem(problem_before[remote_id], problem)
    changed = {i: problem for i, problem in result.problems.items() if problem != problem_before[i]}
    landed.record_parse_results(conn, workspace, parser.family, changed)

    incomplete = [i for i in result.incomplete if problem_before[i] is not None]
    wanted.want(conn, workspace, parser.family, incomplete)
    counts.wanted += len(incomplete)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    problems: dict[int, str | None]  # of each document; None if it was written
    incomplete: tuple[int, ...]  # written, but a part of the record is missing


def _write(
    conn: Connection, parser: FamilyParser, workspace: str, batch: Sequence[Landed]
) -> _Written:
    """Write a batch; if Postgres rejects it, each document alone."""
    try:
        with conn.transaction():
            return _parse_and_save(conn, parser, workspace, batch)
    except Exception as error:
        if not permanent_errors.is_permanent(error):
            raise
        if len(batch) == 1:
            problems: dict[int, str | None] = {batch[0].remote_id: permanent_errors.describe(error)}
            return _Written(problems=problems, incomplete=())
    alone = [_write(conn, parser, workspace, [one]) for one in batch]
    return _Written(
        problems={i: problem for one in alone for i, problem in one.problems.items()},
        incomplete=tuple(i for one in alone for i in one.incomplete),
    )


def _parse_and_save(
    conn: Connection, parser: FamilyParser, workspace: str, batch: Sequence[Landed]
) -> _Written:
    problems: dict[int, str | None] = {}
    records: dict[int, Fetched[Any]] = {}
    for one in batch:
        try:
            record = parser.parse(one.remote_id, one.document)
        except DocumentError as error:
            problems[one.remote_id] = str(error)
        else:
            problems[one.remote_id] = None
            records[one.remote_id] = Fetched(record=record, fetched_at=one.fetched_at)
    if records:
        parser.save(conn, workspace, list(records.values()))
    incomplete = tuple(i for i, f in records.items() if not parser.is_complete(f.record))
    return _Written(problems=problems, incomplete=incomplete)
