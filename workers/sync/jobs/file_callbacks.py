"""Files callbacks: answers become rows, records that are only named become wanted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from schemas.cention.callbacks import ANSWER_CALLBACK, Callback, read_callback
from schemas.errors import DocumentError
from workers.config import logs
from workers.config.names import Family
from workers.database import Connection, Transaction, permanent_errors
from workers.sync.jobs.parsers import FAMILIES
from workers.sync.store import activity, answers, attachments, callbacks, completeness, wanted
from workers.sync.store.answers import AnswerRow
from workers.sync.store.callbacks import ProcessedCallback, UnfiledCallback

log = structlog.get_logger(__name__)

BATCH = 100
NO_ERRAND = (
    "/data/relationships/errand: names none, and not exactly one answered errand is included"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingResult:
    """How much one run filed."""

    callbacks: int
    families: frozenset[Family]  # in which records are wanted now
    more: bool  # another run may find more to do at once


@dataclass(slots=True, kw_only=True)
class _Processed:
    """Callbacks that were processed."""

    families: set[Family] = field(default_factory=set)
    filed: list[datetime] = field(default_factory=list)  # when each was received
    rejected: list[datetime] = field(default_factory=list)  # likewise, of those with a problem

    def add(self, other: _Processed) -> None:
        """Add others."""
        self.families |= other.families
        self.filed += other.filed
        self.rejected += other.rejected

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.filed) + len(self.rejected)


def file_callbacks(workspace: str, *, transaction: Transaction) -> FilingResult:
    """File a batch of callbacks of ``workspace``, oldest first, in one transaction.

    If Postgres rejects it, each callback is filed in its own transaction: then the bad one is
    stored with its problem and the others are filed.
    """
    try:
        with transaction() as conn:
            unfiled = callbacks.lock_unfiled(conn, workspace, limit=BATCH)
            processed = _file(conn, workspace, unfiled)
    except Exception as error:
        if not permanent_errors.is_permanent(error):
            raise
        processed = _file_each(workspace, transaction)
    if processed.number:
        # After the commit, so that no other waits for ours: a crash in between loses the count.
        with activity.counts_that_may_fail(workspace, "callbacks"), transaction() as conn:
            activity.count_callbacks(
                conn, workspace, filed=processed.filed, rejected=processed.rejected
            )
    return FilingResult(
        callbacks=processed.number,
        families=frozenset(processed.families),
        more=processed.number == BATCH,
    )


def _file_each(workspace: str, transaction: Transaction) -> _Processed:
    processed = _Processed()
    while processed.number < BATCH:
        with transaction() as conn:
            unfiled = callbacks.lock_unfiled(conn, workspace, limit=1)
            if not unfiled:
                break
            one = _file_alone(conn, workspace, unfiled[0])
        processed.add(one)
    return processed


def _file_alone(conn: Connection, workspace: str, one: UnfiledCallback) -> _Processed:
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
        return _Processed(rejected=[one.received_at])


def _file(conn: Connection, workspace: str, unfiled: Sequence[UnfiledCallback]) -> _Processed:
    processed = _Processed()
    answer_rows: list[AnswerRow] = []
    named: dict[Family, set[int]] = defaultdict(set)
    filed: list[int] = []
    for one in unfiled:
        try:
            callback = read_callback(one.document)
        except DocumentError as error:
            callbacks.mark_problem(conn, one.callback_id, str(error))
            processed.rejected.append(one.received_at)
            continue
        answer_rows += answers_in(one, callback)
        for file in callback.attachments:
            named[FAMILIES[file.kind]].add(file.attachment_id)
        if callback.errand_id is not None:
            named[Family.ERRAND_REPORTS].add(callback.errand_id)
        if problem := filing_problem(callback):
            callbacks.mark_problem(conn, one.callback_id, problem)
            processed.rejected.append(one.received_at)
        else:
            filed.append(one.callback_id)
            processed.filed.append(one.received_at)
    _write(conn, workspace, answer_rows, named)
    if filed:
        callbacks.mark_filed(conn, filed)
    processed.families = {family for family, ids in named.items() if ids}
    return processed


def _write(
    conn: Connection,
    workspace: str,
    answer_rows: Sequence[AnswerRow],
    named: Mapping[Family, Collection[int]],
) -> None:
    # Locks the list before the tables, as drains do, so that the two cannot deadlock.
    for family in Family:
        wanted.want(conn, workspace, family, named.get(family, ()))
        completeness.record_reported(conn, workspace, family, named.get(family, ()))
    for kind, family in FAMILIES.items():
        attachments.record_wanted(conn, workspace, kind, named.get(family, ()))
    if answer_rows:
        answers.save(conn, workspace, answer_rows)


def filing_problem(callback: Callback) -> str | None:
    """Return why a callback that could be parsed cannot be filed, ``None`` if it can."""
    no_errand = callback.type == ANSWER_CALLBACK and callback.errand_id is None
    return NO_ERRAND if no_errand else None


def answers_in(one: UnfiledCallback | ProcessedCallback, callback: Callback) -> list[AnswerRow]:
    """Return the answer that a callback contains, as a list of none or one."""
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
