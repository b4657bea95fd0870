"""Filing callbacks: what they tell becomes rows, what they only name becomes wanted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog

from schemas.cention.callbacks import ANSWER_CALLBACK, Callback, read_callback
from schemas.errors import DocumentError
from workers.config import logs
from workers.config.names import Family
from workers.database import Connection, Transaction, permanent_errors
from workers.sync.jobs.parsers import FAMILIES
from workers.sync.store import answers, attachments, callbacks, completeness, wanted
from workers.sync.store.answers import AnswerRow
from workers.sync.store.callbacks import ProcessedCallback, UnfiledCallback

log = structlog.get_logger(__name__)

BATCH = 100
NO_ERRAND = (
    "/data/relationships/errand: names none, and not exactly one answered errand is included"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingResult:
    """What one filing did."""

    callbacks: int
    families: frozenset[Family]  # in which something is wanted now
    more: bool


def file_callbacks(workspace: str, *, transaction: Transaction) -> FilingResult:
    """File a batch of callbacks of ``workspace``, oldest first, in one transaction.

    If one of them cannot be filed, each has a transaction of its own: then it keeps its
    problem and hurts no other.
    """
    try:
        with transaction() as conn:
            waiting = callbacks.lock_unfiled(conn, workspace, limit=BATCH)
            families = _file(conn, workspace, waiting)
    except Exception as error:
        if not permanent_errors.is_permanent(error):
            raise
        return _file_each(workspace, transaction)
    return FilingResult(
        callbacks=len(waiting), families=frozenset(families), more=len(waiting) == BATCH
    )


def _file_each(workspace: str, transaction: Transaction) -> FilingResult:
    families: set[Family] = set()
    for filed in range(BATCH):
        with transaction() as conn:
            waiting = callbacks.lock_unfiled(conn, workspace, limit=1)
            if not waiting:
                return FilingResult(callbacks=filed, families=frozenset(families), more=False)
            families |= _file_alone(conn, workspace, waiting[0])
    return FilingResult(callbacks=BATCH, families=frozenset(families), more=True)


def _file_alone(conn: Connection, workspace: str, one: UnfiledCallback) -> set[Family]:
    try:
        with conn.transaction():
            return _file(conn, workspace, [one])
    except Exception as error:
        if not permanent_errors.is_permanent(error):
            raise
        log.error(
            "callback cannot be filed",
            callback_id=one.callback_id,
            error=type(error).__name__,
            where=logs.stack_without_values(error),
        )
        callbacks.mark_problem(conn, one.callback_id, permanent_errors.describe(error))
        return set()


def _file(conn: Connection, workspace: str, waiting: Sequence[UnfiledCallback]) -> set[Family]:
    told: list[AnswerRow] = []
    named: dict[Family, set[int]] = defaultdict(set)
    filed: list[int] = []
    for one in waiting:
        try:
            callback = read_callback(one.document)
        except DocumentError as error:
            callbacks.mark_problem(conn, one.callback_id, str(error))
            continue
        told += answers_in(one, callback)
        for file in callback.attachments:
            named[FAMILIES[file.kind]].add(file.attachment_id)
        if callback.errand_id is not None:
            named[Family.ERRAND_REPORTS].add(callback.errand_id)
        if problem := filing_problem(callback):
            callbacks.mark_problem(conn, one.callback_id, problem)
        else:
            filed.append(one.callback_id)
    _write(conn, workspace, told, named)
    if filed:
        callbacks.mark_filed(conn, filed)
    return {family for family, ids in named.items() if ids}


def _write(
    conn: Connection,
    workspace: str,
    told: Sequence[AnswerRow],
    named: Mapping[Family, Collection[int]],
) -> None:
    """Write what was told: our list before the tables, as drains do, so that nobody deadlocks."""
    for family in Family:
        wanted.want(conn, workspace, family, named.get(family, ()))
        completeness.record_reported(conn, workspace, family, named.get(family, ()))
    for kind, family in FAMILIES.items():
        attachments.record_wanted(conn, workspace, kind, named.get(family, ()))
    if told:
        answers.save(conn, workspace, told)


def filing_problem(callback: Callback) -> str | None:
    """Return why a callback that could be read cannot be filed all the same."""
    lost = callback.type == ANSWER_CALLBACK and callback.errand_id is None
    return NO_ERRAND if lost else None


def answers_in(one: UnfiledCallback | ProcessedCallback, callback: Callback) -> list[AnswerRow]:
    """Return what a callback tells of an answer, if it does."""
    if callback.answer is None or callback.errand_id is None:
        return []
    return [
        AnswerRow(
            callback_id=one.callback_id,
            remote_id=callback.remote_id,
            received_at=one.received_at,
            errand_id=callback.errand_id,
            answer=callback.answer,
            attachments=callback.attachments,
        )
    ]
