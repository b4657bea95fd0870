"""Counts what this process does, and adds it to the database now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg

from workers.database import Transaction
from workers.operations.store import work_counts
from workers.operations.store.work_counts import Kind, WorkCount

WRITE_EVERY_S = 10.0
Key = tuple[str, str, str, str]
"""Kind, workspace, name and outcome."""


class WorkCounter:
    """The counts of one process since they were last written; those of a killed one are lost."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[Key, tuple[int, float]] = {}
        self._write_at = clock() + WRITE_EVERY_S

    def add(
        self,
        kind: Kind,
        *,
        workspace: str,
        name: str,
        outcome: str,
        number: int = 1,
        seconds: float = 0.0,
    ) -> None:
        """Count something that was done."""
        self._put((kind, workspace, name, outcome), number, seconds)

    def is_due(self) -> bool:
        """Return whether the last counts were written ten seconds ago."""
        return self._clock() >= self._write_at

    def write(self, session: Transaction) -> None:
        """Add the counts to the database; they stay here if it does not answer.

        ``session`` yields a connection in autocommit mode.
        """
        with self._lock:
            counts, self._counts = self._counts, {}
            self._write_at = self._clock() + WRITE_EVERY_S
        try:
            with session() as conn:
                work_counts.add(conn, [_of(key, *value) for key, value in sorted(counts.items())])
        except psycopg.Error:  # perhaps added all the same; a figure may be too high then
            for key, value in counts.items():
                self._put(key, *value)

    def _put(self, key: Key, number: int, seconds: float) -> None:
        with self._lock:
            known, known_s = self._counts.get(key, (0, 0.0))
            self._counts[key] = known + number, known_s + seconds


def _of(key: Key, number: int, seconds: float) -> WorkCount:
    kind, workspace, name, outcome = key
    return WorkCount(
        kind=kind,
        workspace=workspace,
        name=name,
        outcome=outcome,
        number=number,
        seconds=seconds,
    )
