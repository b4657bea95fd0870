"""Recovery after a restore: what was fetched since the backup is wanted again.

Fetching a report clears its change flag at Cention, so Cention does not list again what the lost
rows had. Errands are found by exports of the days since, and among those that the backup has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from workers.clients.cention.errand_data import MARK_AT_ONCE, ErrandDataApi
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.database import Connection, Transaction
from workers.mirrors.jobs import backfill
from workers.mirrors.jobs.backfill import Backfill
from workers.mirrors.rules.date_ranges import DAY, DayRange
from workers.mirrors.store.backfill_days import Source
from workers.operations.store import recoveries
from workers.operations.store.recoveries import Recovery, RecoveryProgress
from workers.surveys.store import holds
from workers.sync.jobs.retry import with_backoff
from workers.sync.store import wanted


class ChangeFlags:
    """Sets change flags at Cention, until it refuses: then what is wanted here has to suffice."""

    def __init__(self, api: ErrandDataApi) -> None:
        self._api = api
        self.marked = 0
        self.problem: str | None = None  # why no more are set

    def mark(self, errand_ids: Sequence[int]) -> None:
        """Set the flags of errands. Repeats requests while Cention is down or busy."""
        for first in range(0, len(errand_ids), MARK_AT_ONCE):
            if self.problem is not None:
                return
            some = errand_ids[first : first + MARK_AT_ONCE]
            try:
                with_backoff(lambda some=some: self._api.mark_changed(some), idempotent=True)  # type: ignore[misc]
            except ApiError as error:
                self.problem = str(error)
            else:
                self.marked += len(some)


def plans(
    recovery: Recovery, zone: ZoneInfo, *, today: date, chunk_days: int
) -> tuple[Backfill, ...]:
    """Return the days whose errands are exported: by arrival, and by closure.

    They begin a day before the backup, because a day at Cention may begin at another hour.
    """
    if not recovery.preset_id:
        return ()
    first = recovery.since_at.astimezone(zone).date() - DAY
    return tuple(
        Backfill(
            source=Source(
                workspace=recovery.workspace, preset_id=recovery.preset_id, by_closure=by_closure
            ),
            whole=DayRange(first=min(first, today), last=today),
            chunk_days=chunk_days,
            today=today,
        )
        for by_closure in (False, True)
    )


def begin(
    conn: Connection, recovery: Recovery, days: Sequence[Backfill], *, again: bool
) -> RecoveryProgress:
    """Begin a recovery, or go on with one that was interrupted; return how far it is.

    At the beginning its days count as not done, because a backfill before the backup may have done
    them. Until it ends, each call holds the surveys of the workspace.
    """
    with conn.transaction():
        if again:
            recoveries.forget(conn, recovery)
        if recoveries.begin(conn, recovery):
            for one in days:
                backfill.reset(conn, one)
        progress = recoveries.read(conn, recovery)
        assert progress is not None  # noqa: S101
        if progress.ended_at is None:
            holds.hold_as_restored(conn, recovery.workspace)
    return progress


def want_stored(
    session: Transaction,
    recovery: Recovery,
    flags: ChangeFlags,
    *,
    after: int,
    advance: Callable[[int], object],
) -> int:
    """Want the stored errands above the id ``after``; return how many they were.

    Flags are set before the errands are wanted here, 500 at once, and each 500 is committed.
    """
    found = 0
    while True:
        with session() as conn:
            ids = recoveries.stored_errands(conn, recovery, after=after, limit=MARK_AT_ONCE)
        if not ids:
            return found
        flags.mark(ids)
        with session() as conn, conn.transaction():
            wanted.want(conn, recovery.workspace, Family.ERRAND_REPORTS, ids)
            recoveries.record_stored_up_to(conn, recovery, ids[-1])
        after = ids[-1]
        found += len(ids)
        advance(len(ids))


def end(conn: Connection, recovery: Recovery) -> int:
    """Record that all was found; return how many stored ratings are wanted with that."""
    with conn.transaction():
        ratings: list[int] = []
        if recovery.everything:
            ratings = recoveries.stored_ratings(conn, recovery.workspace)
            wanted.want(conn, recovery.workspace, Family.FACEBOOK_RATINGS, ratings)
        recoveries.end(conn, recovery)
    return len(ratings)
