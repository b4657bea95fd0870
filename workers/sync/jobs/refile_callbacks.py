"""Kept callbacks filed anew: the rows they make are made again, nothing is fetched again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from schemas.cention.callbacks import Callback, read_callback
from schemas.errors import DocumentError
from workers.config.names import Family
from workers.database import Connection, permanent_errors
from workers.sync.jobs.file_callbacks import answers_in, filing_problem
from workers.sync.jobs.parsers import FAMILIES
from workers.sync.jobs.rebuild_report import RebuildCounts, RebuildReport
from workers.sync.store import answers, attachments, callbacks, completeness, row_digests, wanted
from workers.sync.store.answers import AnswerRow
from workers.sync.store.callbacks import ProcessedCallback
from workers.sync.store.row_digests import Rows

BATCH = 200
NAME = "callbacks"  # beside the names of families

Read = tuple[ProcessedCallback, Callback]


def refile(
    workspace: str, conn: Connection, *, dry_run: bool, progress: Callable[[int], object]
) -> RebuildReport:
    """File the callbacks of ``workspace`` anew that do not wait to be filed, a batch at a time.

    As ``renormalise`` does it. Records go on the list if a callback names them that was never
    filed, and attachments that nobody has heard of.
    """
    counts, after = RebuildCounts(), 0
    while True:
        with conn.transaction(force_rollback=dry_run):
            batch = callbacks.lock_after(conn, workspace, after=after, limit=BATCH)
            if batch:
                _refile(conn, workspace, batch, counts)
        if not batch:
            return counts.report(workspace, NAME)
        after = batch[-1].callback_id
        progress(len(batch))


def _refile(
    conn: Connection, workspace: str, batch: Sequence[ProcessedCallback], counts: RebuildCounts
) -> None:
    problems: dict[int, str | None] = {}
    found: list[Read] = []
    for one in batch:
        try:
            callback = read_callback(one.document)
            found.append((one, callback))
            problems[one.callback_id] = filing_problem(callback)
        except DocumentError as error:
            problems[one.callback_id] = str(error)
    told = [answer for one, callback in found for answer in answers_in(one, callback)]
    before = _rows(conn, workspace, told)
    problems |= _write(conn, workspace, found, counts)
    counts.add_rows(before, _rows(conn, workspace, told))
    for one in batch:
        counts.add_problem(one.problem, problems[one.callback_id])
    had = {one.callback_id: one.problem for one in batch}
    callbacks.record_filing_results(conn, {i: p for i, p in problems.items() if p != had[i]})


def _rows(conn: Connection, workspace: str, told: Sequence[AnswerRow]) -> Rows:
    return row_digests.of_answers(
        conn,
        workspace,
        answers=[one.answer.answer_id for one in told],
        responses=[one.answer.response_id for one in told],
    )


def _write(
    conn: Connection, workspace: str, found: Sequence[Read], counts: RebuildCounts
) -> dict[int, str]:
    """Write what callbacks tell; return the problems of those that Postgres refuses."""
    try:
        with conn.transaction():
            counts.wanted += _save(conn, workspace, found)
    except Exception as error:
        if not permanent_errors.is_permanent(error):
            raise
        if len(found) == 1:
            return {found[0][0].callback_id: permanent_errors.describe(error)}
        alone = [_write(conn, workspace, [one], counts) for one in found]
        return {i: problem for one in alone for i, problem in one.items()}
    return {}


def _makes_sense_now(one: ProcessedCallback, callback: Callback) -> bool:
    return one.problem is not None and filing_problem(callback) is None


def _save(conn: Connection, workspace: str, found: Sequence[Read]) -> int:
    """Write what callbacks tell, and return how many records are wanted for it."""
    named: dict[Family, set[int]] = defaultdict(set)
    wanting: dict[Family, set[int]] = defaultdict(set)
    for one, callback in found:
        for file in callback.attachments:
            named[FAMILIES[file.kind]].add(file.attachment_id)
            if _makes_sense_now(one, callback):
                wanting[FAMILIES[file.kind]].add(file.attachment_id)
        if _makes_sense_now(one, callback) and callback.errand_id is not None:
            wanting[Family.ERRAND_REPORTS].add(callback.errand_id)
    told = [answer for one, callback in found for answer in answers_in(one, callback)]
    if told:
        answers.save(conn, workspace, told)
    for kind, family in FAMILIES.items():
        wanting[family] |= set(
            attachments.record_wanted(conn, workspace, kind, sorted(named[family]))
        )
    for family in Family:
        wanted.want(conn, workspace, family, wanting[family])
        completeness.record_reported(conn, workspace, family, wanting[family])
    return sum(map(len, wanting.values()))
