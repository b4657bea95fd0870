"""Polls Cention's lists of changed records: every listed id becomes a wanted record."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import structlog

from schemas.cention.changed_ids import ChangedIds
from schemas.errors import DocumentError
from workers.clients.errors import ApiError
from workers.config.names import Family
from workers.database import Connection, Transaction, advisory_locks
from workers.sync.jobs.failure_policy import REFUSALS
from workers.sync.rules import retry_policy
from workers.sync.store import completeness, polls, wanted

log = structlog.get_logger(__name__)

Answer: TypeAlias = Future[dict[str, Any]]
"""The document that a request is answered with, or ``ApiError``."""


class RecentlyGone(Protocol):
    """Returns which records of a workspace were gone so recently that they need no fetch yet."""

    def __call__(
        self,
        conn: Connection,
        workspace: str,
        ids: Sequence[int],
        /,
        *,
        min_s: float,
        max_s: float,
    ) -> set[int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedList:
    """One of Cention's lists of changed records."""

    workspace: str
    family: Family
    begin: Callable[[], Answer]  # sends a request
    parse: Callable[[Mapping[str, Any]], ChangedIds]  # raises DocumentError
    recently_gone: RecentlyGone

    @property
    def lock(self) -> str:
        """The name of the lock that is held while it is polled."""
        return f"poll/{self.workspace}/{self.family}/0"


OnListed: TypeAlias = Callable[[ChangedList], object]
"""Called for a list that names records, once these are wanted."""


def poll_due(
    lists: Sequence[ChangedList],
    *,
    every_s: float,
    session: Transaction,
    on_listed: OnListed,
) -> None:
    """Poll lists as ``poll`` does, all at once: one that hangs keeps no other waiting.

    Without those whose last success is less than half of ``every_s`` ago: a hundred nudges that
    arrive together, as after an outage, make one poll.
    """
    with session() as conn:
        _Polls(conn, lists, on_listed).run(every_s=every_s / 2)


def poll(changed: ChangedList, *, session: Transaction) -> int | None:
    """Want every listed record; return how many are listed, ``None`` if the poll did not succeed.

    Cention keeps listing gone records, as no fetch clears their change flag: those are fetched
    ever more rarely. ``session`` yields a connection in autocommit mode. Reading a list clears
    nothing at Cention, so a poll that fails, or that another process is doing, loses nothing.
    """
    with session() as conn:
        polled = _Polls(conn, [changed], lambda _: None)
        polled.run(every_s=None)
        return polled.found.get(changed.lock)


class _Polls:
    """Polls of some lists over one connection, each under its lock; others' are left out."""

    def __init__(self, conn: Connection, lists: Sequence[ChangedList], on_listed: OnListed) -> None:
        self.found: dict[str, int | None] = {}  # how many records are listed, by lock
        self._conn = conn
        self._lists = {(each.workspace, each.family): each for each in lists}
        self._on_listed = on_listed

    def run(self, *, every_s: float | None) -> None:
        """Poll them. Raises the last internal or database error, once all others are polled."""
        locks = {each.lock: key for key, each in self._lists.items()}
        failed: Exception | None = None
        with advisory_locks.hold_free(self._conn, list(locks)) as held:
            free = [locks[name] for name in held.names]
            begun = polls.start_due(self._conn, free, every_s=every_s)
            held.release([self._lists[key].lock for key in free if key not in begun])
            waiting = [(self._lists[key], poll_id) for key, poll_id in begun.items()]
            with closing(_answers(waiting)) as answers:
                for changed, poll_id, answer in answers:
                    try:
                        self.found[changed.lock] = self._end(changed, poll_id, answer)
                    except Exception as error:  # the others are polled all the same
                        log.warning(
                            "poll failed",
                            workspace=changed.workspace,
                            family=changed.family,
                            error=type(error).__name__,
                        )
                        failed = error
                    held.release([changed.lock])
                    if self.found.get(changed.lock):
                        self._on_listed(changed)
        if failed is not None:
            raise failed

    def _end(self, changed: ChangedList, poll_id: int, answer: Answer) -> int | None:
        """Record what came of a poll. Raises an internal error, once that is recorded."""
        conn, workspace, family = self._conn, changed.workspace, changed.family
        try:
            listed = changed.parse(answer.result())
        except (ApiError, DocumentError) as error:
            polls.end(conn, poll_id, found=None, error=str(error))
            if isinstance(error, REFUSALS):
                polls.pause(conn, workspace, family, reason=str(error), for_s=retry_policy.PAUSE_S)
            log.warning("poll failed", workspace=workspace, family=family, error=str(error))
            return None
        except Exception as error:
            polls.end(conn, poll_id, found=None, error=f"internal error: {type(error).__name__}")
            raise
        return _want(conn, changed, poll_id, listed)


def _answers(
    waiting: list[tuple[ChangedList, int]],
) -> Generator[tuple[ChangedList, int, Answer], None, None]:
    """Request lists; yield each with its poll once it is answered."""
    under_way: dict[Answer, tuple[ChangedList, int]] = {}
    try:
        for changed, poll_id in waiting:
            under_way[changed.begin()] = changed, poll_id
        for answer in as_completed(under_way):
            yield *under_way[answer], answer
    finally:
        for answer in under_way:
            answer.cancel()


def _want(conn: Connection, changed: ChangedList, poll_id: int, listed: ChangedIds) -> int:
    workspace, family = changed.workspace, changed.family
    # Most lists are empty: then there is nothing to commit together.
    with conn.transaction() if listed.ids else nullcontext():
        if listed.ids:
            ids = set(listed.ids) - changed.recently_gone(
                conn,
                workspace,
                listed.ids,
                min_s=retry_policy.MIN_GONE_RECHECK_S,
                max_s=retry_policy.MAX_GONE_RECHECK_S,
            )
            wanted.want(conn, workspace, family, ids)
            completeness.record_reported(conn, workspace, family, ids)
        invalid = f"{listed.dropped} entries are no id" if listed.dropped else None
        polls.end(conn, poll_id, found=len(listed.ids), error=invalid)
        polls.resume_idle(conn, workspace, [family], soon_s=retry_policy.MAX_OUTAGE_BACKOFF_S)
    return len(listed.ids)
