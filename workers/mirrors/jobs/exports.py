"""Exports: asked for once, written down before and after, and renewed on a schedule."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from schemas.cention.exports import Export, ExportOrder, read_export
from schemas.errors import DocumentError
from workers.clients import errors
from workers.clients.errors import ApiError, outcome_is_unknown
from workers.config.names import Mirror
from workers.database import Transaction, advisory_locks
from workers.mirrors.jobs.refresh import Brought
from workers.mirrors.rules.date_ranges import next_range
from workers.mirrors.store import exports
from workers.mirrors.store.exports import Origin
from workers.sync.store import polls

LONGEST_DAYS = 7  # of one scheduled export: after a long silence the next ones catch up
REFUSED_PAUSE_S = 3600.0  # a wrong preset stays wrong until somebody looks
DIED = "the process that asked for it ended before the answer was here"

Ask = Callable[[ExportOrder], dict[str, Any]]
Also = Callable[[Connection[Any], "Ran"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporting:
    """What an export of one workspace needs. ``ask`` has Cention make it."""

    workspace: str
    zone: ZoneInfo  # of times without an offset
    ask: Ask
    session: Transaction  # lends connections in autocommit mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """An export that is here."""

    run_id: int
    errands: int
    unreadable: int
    errand_ids: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Which export is made on a schedule, and how often."""

    preset_id: str
    every_s: int
    today: Callable[[], date]  # on the workspace's calendar


def run(
    exporting: Exporting,
    order: ExportOrder,
    *,
    origin: Origin,
    also: Also = lambda conn, ran: None,
) -> Ran:
    """Have an export made, and write its errands; ``also`` acts in the same transaction.

    That it is asked for is committed before. Raises ``ApiError`` or ``DocumentError`` once it is
    noted whether Cention refused it or may have made it. If this process dies, ``note_deaths``
    tells that later.
    """
    workspace = exporting.workspace
    with exporting.session() as conn:
        run_id = exports.begin(conn, workspace, order, origin=origin)
        with _alive(conn, workspace, run_id):
            try:
                export = read_export(exporting.ask(order), zone=exporting.zone)
            except (ApiError, DocumentError) as error:
                unknown = is_unknown(error)
                with exporting.session() as fresh:
                    exports.fail(fresh, workspace, run_id, unknown=unknown, error=str(error))
                raise
            ran = _ran(run_id, export)
            # Another connection: the first may have been cut in the minutes of waiting.
            with exporting.session() as fresh, fresh.transaction():
                exports.finish(fresh, workspace, run_id, export)
                also(fresh, ran)
    return ran


def _ran(run_id: int, export: Export) -> Ran:
    return Ran(
        run_id=run_id,
        errands=len(export.errands),
        unreadable=sum(one.problem is not None for one in export.errands),
        errand_ids=frozenset(one.errand_id for one in export.errands if one.errand_id),
    )


def is_unknown(error: ApiError | DocumentError) -> bool:
    """Tell whether Cention may have made the export although its errands are not here."""
    return isinstance(error, DocumentError) or outcome_is_unknown(error)


def note_deaths(session: Transaction, workspace: str) -> None:
    """Note of exports whose process has died that nobody knows what came of them."""
    with session() as conn:
        for run_id in exports.running(conn, workspace):
            with _alive(conn, workspace, run_id) as place:
                if place is not None:
                    exports.fail(conn, workspace, run_id, unknown=True, error=DIED)


def run_scheduled(exporting: Exporting, schedule: Schedule) -> Brought:
    """Make the next export of a schedule; return how many errands it told.

    One whose outcome is unknown is not made again before the time of the next one, which covers
    its days as well: so no more exports pile up at Cention than without failures. One that is
    refused is not tried again for an hour. What surely was not made is due as other pictures are
    that failed.
    Raises ``ApiError`` or ``DocumentError``.
    """
    workspace, session = exporting.workspace, exporting.session
    note_deaths(session, workspace)
    with session() as conn:
        standing = exports.scheduled(conn, workspace, schedule.preset_id)
    if standing.unknown_for_s is not None and standing.unknown_for_s < schedule.every_s:
        _pause(exporting, DIED, schedule.every_s - standing.unknown_for_s)
        raise errors.BrokenOff("the outcome of the last export is unknown", api="cention")
    days = next_range(standing.covered_to, today=schedule.today(), longest=LONGEST_DAYS)
    order = ExportOrder(preset_id=schedule.preset_id, from_day=days.first, to_day=days.last)
    try:
        ran = run(exporting, order, origin="schedule")
    except (ApiError, DocumentError) as error:
        if is_unknown(error):
            _pause(exporting, str(error), schedule.every_s)
        elif not isinstance(error, errors.Unreachable | errors.Busy):
            _pause(exporting, str(error), min(REFUSED_PAUSE_S, schedule.every_s))
        raise
    odd = f"{ran.unreadable} of the errands of run {ran.run_id} could not be read wholly"
    return Brought(records=ran.errands, problem=odd if ran.unreadable else None)


def _pause(exporting: Exporting, why: str, for_s: float) -> None:
    reason = f"no export until then: {why}"
    with exporting.session() as conn:
        polls.pause(conn, exporting.workspace, Mirror.EXPORTS, reason=reason, for_s=for_s)


def _alive(
    conn: Connection[Any], workspace: str, run_id: int
) -> AbstractContextManager[int | None]:
    """Hold the sign that the process of an export lives; ``None`` if another holds it."""
    return advisory_locks.hold(conn, f"export/{workspace}/{run_id}", slots=1)
