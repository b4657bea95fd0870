"""The sweep: nudge what is due and was never announced, or whose nudge was lost."""

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
    """Tells one that it may, and all who come within ``for_s`` seconds after it that they need not.

    For one thread.
    """

    def __init__(self, for_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._for_s = for_s
        self._clock = clock
        self._until = float("-inf")

    def allow(self) -> bool:
        """Tell whether it is; if so, the next one begins."""
        now = self._clock()
        if now < self._until:
            return False
        self._until = now + self._for_s
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingWork:
    """What waits to be done now."""

    unfiled: tuple[str, ...]  # workspaces with callbacks to be filed
    due: tuple[tuple[str, Family], ...]  # workspace and family with something to drain


def find_work(transaction: Transaction, known: Collection[tuple[str, Family]]) -> PendingWork:
    """Return everything that some worker could do now; ``known`` is what workers can drain."""
    with transaction() as conn:
        return PendingWork(
            unfiled=tuple(callbacks.unfiled_workspaces(conn)),
            due=tuple(wanted.due_work(conn, known)),
        )


def housekeeping(session: Transaction) -> None:
    """Forget what nobody needs any more, pauses included; note what dead commands were sending.

    ``session`` lends connections in autocommit mode.
    """
    with session() as conn:
        polls.delete_old(conn)
        # Of the others a look at their list ends it.
        polls.resume_idle(conn, None, KINDS, soon_s=retry_policy.MAX_OUTAGE_BACKOFF_S)
        send.mark_abandoned_unknown(conn)


def ask_canary(queue: Queue, *, transaction: Transaction) -> None:
    """Note that a canary is on its way to a queue."""
    with transaction() as conn:
        canaries.ask(conn, queue)


def answer_canary(queue: Queue, *, transaction: Transaction) -> None:
    """Note that a worker has taken the canary from its queue."""
    with transaction() as conn:
        canaries.answer(conn, queue)
