"""Files stored callbacks again: rebuilds their rows, fetches nothing again."""

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
NAME = "callbacks"  # in reports, where families have theirs

ParsedCallback = tuple[ProcessedCallback, Callback]


def refile(
    workspace: str, conn: Connection, *, dry_run: bool, progress: Callable[[int], object]
) -> RebuildReport:
    """File the processed callbacks of ``workspace`` again, one transaction a batch.

    The parameters are those of ``renormalise``. Records are wanted if a callback names them that
    could not be filed before; so are attachments that are not in the tables yet.
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
    parsed: list[ParsedCallback] = []
    for one in batch:
        try:
            callback = read_callback(one.document)
            parsed.append((one, callback))
            problems[one.callback_id] = filing_problem(callback)
        except DocumentError as error:
            problems[one.callback_id] = str(error)
    answer_rows = _answer_rows(parsed)
    rows_before = _rows(conn, workspace, answer_rows)
    problems |= _write(conn, workspace, parsed, counts)
    counts.add_rows(rows_before, _rows(conn, workspace, answer_rows))
    for one in batch:
        counts.add_problem(one.problem, problems[one.callback_id])
    problem_before = {one.callback_id: one.problem for one in batch}
    changed = {i: problem for i, problem in problems.items() if problem != problem_before[i]}
    callbacks.record_filing_results(conn, changed)


def _answer_rows(parsed: Sequence[ParsedCallback]) -> list[AnswerRow]:
    return [answer for one, callback in parsed for answer in answers_in(one, callback)]


def _rows(conn: Connection, workspace: str, answer_rows: Sequence[AnswerRow]) -> Rows:
    return row_digests.of_answers(
        conn,
        workspace,
        answers=[one.answer.answer_id for one in answer_rows],
        responses=[one.answer.response_id for one in answer_rows],
    )


def _write(
    conn: Connection, workspace: str, parsed: Sequence[ParsedCallback], counts: RebuildCounts
) -> dict[int, str]:
    """Write callbacks; return the problems of those that Postgres rejects."""
    try:
        with conn.transaction():
            counts.wanted += _save(conn, workspace, parsed)
    except Exception as error:
        if not permanent_errors.is_permanent(error):
            raise
        if len(parsed) == 1:
            return {parsed[0][0].callback_id: permanent_errors.describe(error)}
        alone = [_write(conn, workspace, [one], counts) for one in parsed]
        return {i: problem for one in alone for i, problem in one.items()}
    return {}


def _can_be_filed_now(one: ProcessedCallback, callback: Callback) -> bool:
    return one.problem is not None and filing_problem(callback) is None


def _save(conn: Connection, workspace: str, parsed: Sequence[ParsedCallback]) -> int:
    """Write callbacks; return how many records are wanted because of them."""
    named: dict[Family, set[int]] = defaultdict(set)
    to_want: dict[Family, set[int]] = defaultdict(set)
    for one, callback in parsed:
        for file in callback.attachments:
            named[FAMILIES[file.kind]].add(file.attachment_id)
            if _can_be_filed_now(one, callback):
                to_want[FAMILIES[file.kind]].add(file.attachment_id)
        if _can_be_filed_now(one, callback) and callback.errand_id is not None:
            to_want[Family.ERRAND_REPORTS].add(callback.errand_id)
    if answer_rows := _answer_rows(parsed):
        answers.save(conn, workspace, answer_rows)
    for kind, family in FAMILIES.items():
        to_want[family] |= set(
            attachments.record_wanted(conn, workspace, kind, sorted(named[family]))
        )
    for family in Family:
        wanted.want(conn, workspace, family, to_want[family])
        completeness.record_reported(conn, workspace, family, to_want[family])
    return sum(map(len, to_want.values()))
