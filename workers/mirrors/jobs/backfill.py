"""Going back: exports tell which errands there were, and these are put on our list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from psycopg import Connection

from schemas.cention.exports import ExportOrder
from workers.config.names import Family
from workers.mirrors.jobs import exports
from workers.mirrors.jobs.exports import Exporting, Ran
from workers.mirrors.rules.date_ranges import DAY, DayRange, portions_left
from workers.mirrors.store import backfill_days
from workers.mirrors.store.backfill_days import Source
from workers.sync.store import wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """What to go back through. A day is done once it was over when it was asked for."""

    source: Source
    whole: DayRange
    chunk_days: int
    today: date  # on the workspace's calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The errands of some days, which are on our list now."""

    days: DayRange
    errands: int
    unreadable: int


def begin_again(conn: Connection[Any], backfill: Backfill) -> None:
    """Have every day done again."""
    whole = backfill.whole
    backfill_days.forget(conn, backfill.source, first=whole.first, last=whole.last)


def left(conn: Connection[Any], backfill: Backfill) -> list[DayRange]:
    """Return the days that are not done, in portions of one export each."""
    whole = backfill.whole
    done = backfill_days.days(conn, backfill.source, first=whole.first, last=whole.last)
    return list(portions_left(whole, done, longest=backfill.chunk_days))


def walk(
    exporting: Exporting,
    backfill: Backfill,
    portions: list[DayRange],
    *,
    on_begin: Callable[[DayRange], object] = lambda days: None,
) -> Iterator[Found]:
    """Have an export made of each portion, and put its errands on our list.

    Each is asked for with the day after it, for whether Cention counts the last day in is not
    documented. It only wants them: a record that is here stays as it is until it is fetched. With a
    portion's errands it is committed that its days are done, so that another call goes on from
    there. Raises ``ApiError`` or ``DocumentError``.
    """
    source = backfill.source
    before: frozenset[int] = frozenset()  # of the portion before, which has a day of this one
    for days in portions:
        on_begin(days)
        order = ExportOrder(
            preset_id=source.preset_id,
            from_day=days.first,
            to_day=min(days.last + DAY, max(days.last, backfill.today)),
            by_closure=source.by_closure,
        )
        over = [day for day in days if day < backfill.today]
        ran = exports.run(
            exporting, order, origin="backfill", also=partial(_want, source, over, before)
        )
        found = len(ran.errand_ids - before)
        before = ran.errand_ids
        yield Found(days=days, errands=found, unreadable=ran.unreadable)


def _want(
    source: Source, over: list[date], known: frozenset[int], conn: Connection[Any], ran: Ran
) -> None:
    wanted.want(conn, source.workspace, Family.ERRAND_REPORTS, ran.errand_ids - known)
    backfill_days.note(conn, source, run_id=ran.run_id, done=over)
