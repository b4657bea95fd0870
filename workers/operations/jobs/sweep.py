"""The sweep: nudges work that is due and whose nudge was lost or never sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from workers.config.names import Family, Queue
from workers.database import Transaction
from workers.operations.store import canaries
from workers.outbound.jobs import send
from workers.sync.jobs.parsers import KINDS
from workers.sync.rules import retry_policy
from workers.sync.store import callbacks, polls, wanted

MIN_SWEEP_INTERVAL_S = 1.0  # in one process: each sweep nudges everything that waits


class Throttle:
    """Allows at most one call every ``for_s`` seconds. Not thread-safe."""

    def __init__(self, for_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._for_s = for_s
        self._clock = clock
        self._until = float("-inf")

    def allow(self) -> bool:
        """Return whether a call is allowed now; if so, the next interval begins."""
        now = self._clock()
        if now < self._until:
            return False
        self._until = now + self._for_s
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingWork:
    """Work that is due now."""

    unfiled: tuple[str, ...]  # workspaces with callbacks to be filed
    due: tuple[tuple[str, Family], ...]  # workspace and family with something to drain


def find_work(transaction: Transaction, known: Collection[tuple[str, Family]]) -> PendingWork:
    """Return all work that is due now; ``known`` are the families that workers can drain."""
    with transaction() as conn:
        return PendingWork(
            unfiled=tuple(callbacks.unfiled_workspaces(conn)),
            due=tuple(wanted.due_work(conn, known)),
        )


def housekeeping(session: Transaction) -> None:
    """Delete old polls, end pauses of idle families, mark requests of dead commands as unknown.

    ``session`` lends connections in autocommit mode.
    """
    with session() as conn:
        polls.delete_old(conn)
        # The pauses of other families end with a poll of their list.
        polls.resume_idle(conn, None, KINDS, soon_s=retry_policy.MAX_OUTAGE_BACKOFF_S)
        send.mark_abandoned_unknown(conn)


def record_canary_sent(queue: Queue, *, transaction: Transaction) -> None:
    """Record that a canary was sent to a queue."""
    with transaction() as conn:
        canaries.record_sent(conn, queue)


def record_canary_answer(queue: Queue, *, transaction: Transaction) -> None:
    """Record that a worker received the canary of its queue."""
    with transaction() as conn:
        canaries.record_answer(conn, queue)
