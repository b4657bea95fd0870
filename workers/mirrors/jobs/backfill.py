"""Backfill: finds the errands of past days through exports, and wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

from schemas.cention.exports import ExportOrder
from workers.config.names import Family
from workers.database import Connection
from workers.mirrors.jobs import exports
from workers.mirrors.jobs.exports import CompletedExport, ExportContext
from workers.mirrors.rules.date_ranges import DAY, DayRange, remaining_chunks
from workers.mirrors.store import backfill_days
from workers.mirrors.store.backfill_days import Source
from workers.sync.store import wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """The days to backfill. A day is done if it was over when its export was requested."""

    source: Source
    whole: DayRange
    chunk_days: int
    today: date  # on the workspace's calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfilledChunk:
    """The days of one export, whose errands are on the wanted list now."""

    days: DayRange
    errand_ids: frozenset[int]
    unreadable: int

    @property
    def errands(self) -> int:
        """How many they are."""
        return len(self.errand_ids)


def reset(conn: Connection, backfill: Backfill) -> None:
    """Forget which of these days are done."""
    whole = backfill.whole
    backfill_days.forget(conn, backfill.source, first=whole.first, last=whole.last)


def remaining(conn: Connection, backfill: Backfill) -> list[DayRange]:
    """Return the days that are not done, in chunks of one export each."""
    whole = backfill.whole
    done = backfill_days.days(conn, backfill.source, first=whole.first, last=whole.last)
    return list(remaining_chunks(whole, done, max_days=backfill.chunk_days))


def has_room(context: ExportContext, *, max_due: int) -> bool:
    """Return whether at most ``max_due`` reports are due: more of them would delay fresh ones."""
    with context.session() as conn:
        due = wanted.due_count(conn, context.workspace, Family.ERRAND_REPORTS, most=max_due + 1)
    return due <= max_due


def run(
    context: ExportContext,
    backfill: Backfill,
    chunks: list[DayRange],
    *,
    on_begin: Callable[[DayRange], object] = lambda days: None,
) -> Iterator[BackfilledChunk]:
    """Run an export of each chunk, and put its errands on the wanted list.

    Each export has one day more than its chunk, as Cention does not document whether the last day
    is included. Stored records stay as they are until they are fetched again. A chunk's errands
    and its days are committed together, so that another call continues there. Raises ``ApiError``
    or ``DocumentError``.
    """
    source = backfill.source
    before: frozenset[int] = frozenset()  # of the chunk before, which shares a day with this one
    for days in chunks:
        on_begin(days)
        order = ExportOrder(
            preset_id=source.preset_id,
            from_day=days.first,
            to_day=min(days.last + DAY, max(days.last, backfill.today)),
            by_closure=source.by_closure,
        )
        over = [day for day in days if day < backfill.today]
        completed = exports.run(
            context,
            order,
            origin="backfill",
            in_same_transaction=partial(_want, source, over, before),
        )
        found = completed.errand_ids - before
        before = completed.errand_ids
        yield BackfilledChunk(days=days, errand_ids=found, unreadable=completed.unreadable)


def _want(
    source: Source,
    over: list[date],
    known: frozenset[int],
    conn: Connection,
    completed: CompletedExport,
) -> None:
    wanted.want(conn, source.workspace, Family.ERRAND_REPORTS, completed.errand_ids - known)
    backfill_days.record(conn, source, run_id=completed.run_id, done=over)
