"""Which nudges of surveys and mirrors have something to do, by one look for all workspaces."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from workers.config.logs import RateLimitedWarning
from workers.config.names import Mirror, TaskName
from workers.config.settings import Settings
from workers.database import connections
from workers.mirrors.rules import enabled
from workers.surveys.store import pending_work
from workers.surveys.store.pending_work import PendingWork
from workers.sync.store import polls

LOOK_EVERY_S = 1.0  # tasks that are due together share one look
TRY_AGAIN_S = 30.0  # after a failure: beat sends nothing while it waits for Postgres
WAIT_S = 3  # for a connection, and for an answer
_HAS_WORK: dict[str, Callable[[PendingWork], bool]] = {
    TaskName.SURVEY_DECIDE: lambda found: found.decide,
    TaskName.SURVEY_INVITE: lambda found: found.invite,
    TaskName.SURVEY_CONVERSE: lambda found: found.converse,
    TaskName.SURVEY_ALERT: lambda found: found.alert,
}
SURVEY_TASKS = frozenset(_HAS_WORK)
TASKS = SURVEY_TASKS | {TaskName.MIRROR}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    surveys: Sequence[PendingWork]
    mirrors: Sequence[tuple[str, Mirror]]


class PendingNudges:
    """Finds the workspaces, and the mirrors in them, that a task is sent for. For one thread."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database_url = settings.database_url
        self._names = [each.name for each in settings.workspaces]
        self._may_alert = {each.name for each in settings.workspaces if each.tokens.create_errand}
        self._mirrors = enabled.intervals(settings.mirror_every_s, settings.workspaces)
        self._clock = clock
        self._conn: psycopg.Connection | None = None
        self._found: _Found | None = None  # None: not known
        self._valid_until = float("-inf")
        self._failed = RateLimitedWarning("surveys and mirrors are nudged in every workspace")

    def arguments(self, task: str) -> list[tuple[str, ...]]:
        """Return the arguments of each message of one of ``TASKS`` that has something to do.

        That is not known while the database cannot be asked. Then they are those of every workspace
        and enabled mirror: the tasks look for themselves.
        """
        if self._clock() >= self._valid_until:
            self._look()
        if task == TaskName.MIRROR:
            return list(self._mirrors if self._found is None else self._found.mirrors)
        return [
            (name,)
            for name in self._survey_workspaces(task)
            if task != TaskName.SURVEY_ALERT or name in self._may_alert
        ]

    def close(self) -> None:
        """Close the connection; the next look opens another."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _survey_workspaces(self, task: str) -> list[str]:
        if self._found is None:
            return self._names
        return [each.workspace for each in self._found.surveys if _HAS_WORK[task](each)]

    def _look(self) -> None:
        try:
            if self._conn is None:
                self._conn = connections.connect(self._database_url, within_s=WAIT_S)
                self._conn.autocommit = True
            self._found = _Found(
                surveys=pending_work.find(self._conn, self._names),
                mirrors=polls.due_mirrors(self._conn, self._mirrors),
            )
            wait_s = LOOK_EVERY_S
        except psycopg.Error as error:
            self._failed.warn(error=type(error).__name__)
            self.close()
            self._found, wait_s = None, TRY_AGAIN_S
        self._valid_until = self._clock() + wait_s
