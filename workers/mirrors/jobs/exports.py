"""Exports: each is recorded before it is requested and after; also run on a schedule."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from schemas.cention.exports import Export, ExportOrder, read_export
from schemas.errors import DocumentError
from workers.clients import errors
from workers.clients.errors import ApiError, outcome_is_unknown
from workers.config.names import Mirror
from workers.database import Connection, Transaction, advisory_locks
from workers.mirrors.jobs.refresh import RefreshResult
from workers.mirrors.rules.date_ranges import next_range
from workers.mirrors.store import exports
from workers.mirrors.store.exports import Origin
from workers.sync.store import polls

MAX_DAYS = 7  # of one scheduled export; after a long outage the next ones catch up
REFUSED_PAUSE_S = 3600.0  # a wrong preset stays wrong until an operator corrects it
NO_EXPORT = "no export"  # begins the reason of a pause that Cention did not cause by a refusal
DIED = "the process that requested it ended before the answer came"

RequestExport = Callable[[ExportOrder], dict[str, Any]]
InSameTransaction = Callable[[Connection, "CompletedExport"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportContext:
    """What an export of one workspace needs. ``request`` requests it from Cention."""

    workspace: str
    zone: ZoneInfo  # of times without an offset
    request: RequestExport
    session: Transaction  # yields connections in autocommit mode
    scheduled_preset: str | None = None  # one of it that is done lets the schedule go on


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedExport:
    """An export whose errands are stored."""

    run_id: int
    errands: int
    unreadable: int
    errand_ids: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Which export runs on a schedule, and how often."""

    preset_id: str
    every_s: int
    today: Callable[[], date]  # on the workspace's calendar


def run(
    context: ExportContext,
    order: ExportOrder,
    *,
    origin: Origin,
    in_same_transaction: InSameTransaction = lambda conn, completed: None,
) -> CompletedExport:
    """Run an export and store its errands; ``in_same_transaction`` is called before the commit.

    The run is committed before the request. Raises ``ApiError`` or ``DocumentError`` after
    recording whether Cention refused the export or may have made it. If this process dies,
    ``mark_abandoned`` records that later.
    """
    workspace = context.workspace
    with context.session() as conn:
        run_id = exports.begin(conn, workspace, order, origin=origin)
        with _hold_run_lock(conn, workspace, run_id):
            try:
                export = read_export(context.request(order), zone=context.zone)
            except (ApiError, DocumentError) as error:
                unknown = outcome_unknown(error)
                with context.session() as fresh:
                    exports.fail(fresh, workspace, run_id, unknown=unknown, error=str(error))
                raise
            completed = _summary(run_id, export)
            # Another connection: the first may have been closed during minutes of waiting.
            with context.session() as fresh, fresh.transaction():
                exports.finish(fresh, workspace, run_id, export)
                if order.preset_id == context.scheduled_preset:
                    polls.resume(fresh, workspace, Mirror.EXPORTS)
                in_same_transaction(fresh, completed)
    return completed


def _summary(run_id: int, export: Export) -> CompletedExport:
    return CompletedExport(
        run_id=run_id,
        errands=len(export.errands),
        unreadable=sum(one.problem is not None for one in export.errands),
        errand_ids=frozenset(one.errand_id for one in export.errands if one.errand_id),
    )


def outcome_unknown(error: ApiError | DocumentError) -> bool:
    """Return whether Cention may have made the export although its errands are not stored."""
    return isinstance(error, DocumentError) or outcome_is_unknown(error)


def mark_abandoned(session: Transaction, workspace: str) -> None:
    """Mark the exports whose process has died as of unknown outcome."""
    with session() as conn:
        for run_id in exports.running(conn, workspace):
            with _hold_run_lock(conn, workspace, run_id) as lock:
                if lock is not None:
                    exports.fail(conn, workspace, run_id, unknown=True, error=DIED)


def run_scheduled(context: ExportContext, schedule: Schedule) -> RefreshResult:
    """Run the next export of a schedule; return how many errands it had.

    An export of unknown outcome is not repeated before the next one is due, which covers its days
    as well: failures leave no more exports at Cention than successes. One that is refused is not
    retried for an hour. One that certainly was not made is retried as other mirrors are.
    Raises ``ApiError`` or ``DocumentError``.
    """
    workspace, session = context.workspace, context.session
    mark_abandoned(session, workspace)
    with session() as conn:
        progress = exports.scheduled(conn, workspace, schedule.preset_id)
    if progress.unknown_for_s is not None and progress.unknown_for_s < schedule.every_s:
        _pause(context, _unknown(DIED), schedule.every_s - progress.unknown_for_s)
        raise errors.IncompleteResponse("the outcome of the last export is unknown", api="cention")
    days = next_range(progress.covered_to, today=schedule.today(), max_days=MAX_DAYS)
    order = ExportOrder(preset_id=schedule.preset_id, from_day=days.first, to_day=days.last)
    try:
        completed = run(context, order, origin="schedule")
    except (ApiError, DocumentError) as error:
        if outcome_unknown(error):
            _pause(context, _unknown(error), schedule.every_s)
        elif not isinstance(error, errors.Unreachable | errors.Busy):
            pause_s = min(REFUSED_PAUSE_S, schedule.every_s)
            _pause(context, f"the last one failed ({error})", pause_s)
        raise
    unreadable = f"{completed.unreadable} of the errands of run {completed.run_id}"
    problem = f"{unreadable} could not be read completely" if completed.unreadable else None
    return RefreshResult(records=completed.errands, problem=problem)


def _unknown(cause: object) -> str:
    return f"the outcome of the last one is unknown ({cause})"


def _pause(context: ExportContext, why: str, for_s: float) -> None:
    until = datetime.now(UTC) + timedelta(seconds=for_s)
    reason = f"{NO_EXPORT} before {until:%Y-%m-%d %H:%M} UTC, because {why}"
    with context.session() as conn:
        polls.pause(conn, context.workspace, Mirror.EXPORTS, reason=reason, for_s=for_s)


def _hold_run_lock(
    conn: Connection, workspace: str, run_id: int
) -> AbstractContextManager[int | None]:
    """Hold the lock of a running export; ``None`` if its process still holds it."""
    return advisory_locks.hold(conn, f"export/{workspace}/{run_id}", slots=1)
