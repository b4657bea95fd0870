"""The sweep: nudges work that is due and whose nudge was lost or never sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from workers.config.names import Family
from workers.database import Transaction
from workers.sync.store import activity, callbacks, wanted

MIN_SWEEP_INTERVAL_S = 1.0  # in one process: each sweep nudges everything that waits


class Throttle:
    """Allows a call ``for_s`` seconds after the last one has ended. Not thread-safe."""

    def __init__(self, for_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._for_s = for_s
        self._clock = clock
        self._until = float("-inf")

    def allow(self) -> bool:
        """Return whether a call is allowed now."""
        return self._clock() >= self._until

    def end(self) -> None:
        """Note that a call has ended, however long it took: the interval begins."""
        self._until = self._clock() + self._for_s


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingWork:
    """Work that is due now."""

    unfiled: tuple[str, ...]  # workspaces with callbacks to be filed
    due: tuple[tuple[str, Family], ...]  # workspace and family with something to drain


def record_waits(
    transaction: Transaction, known: Collection[tuple[str, Family]], workspaces: Collection[str]
) -> None:
    """Record how long records of ``known`` families wait, and callbacks of ``workspaces``.

    Once a minute.
    """
    with transaction() as conn:
        activity.record_waits(conn, known, workspaces)


def find_work(transaction: Transaction, known: Collection[tuple[str, Family]]) -> PendingWork:
    """Return all work that is due now; ``known`` are the families that workers can drain."""
    with transaction() as conn:
        return PendingWork(
            unfiled=tuple(callbacks.unfiled_workspaces(conn)),
            due=tuple(wanted.due_work(conn, known)),
        )
