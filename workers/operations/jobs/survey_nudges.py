"""Which workspaces get nudges for surveys: those with something to do, by one query for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import psycopg

from workers.config.logs import RateLimitedWarning
from workers.config.names import TaskName
from workers.config.workspaces import WorkspaceSettings
from workers.database import connections
from workers.surveys.store import pending_work
from workers.surveys.store.pending_work import PendingWork

LOOK_EVERY_S = 1.0  # tasks that are due together share one look
TRY_AGAIN_S = 30.0  # after a failure: beat sends nothing while it waits for Postgres
WAIT_S = 3  # for a connection, and for an answer
_HAS_WORK: dict[str, Callable[[PendingWork], bool]] = {
    TaskName.SURVEY_DECIDE: lambda found: found.decide,
    TaskName.SURVEY_INVITE: lambda found: found.invite,
    TaskName.SURVEY_CONVERSE: lambda found: found.converse,
    TaskName.SURVEY_ALERT: lambda found: found.alert,
}
TASKS = frozenset(_HAS_WORK)


class SurveyNudges:
    """Finds the workspaces that a task of surveys is sent for. For one thread."""

    def __init__(
        self,
        database_url: str,
        workspaces: Sequence[WorkspaceSettings],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database_url = database_url
        self._names = [each.name for each in workspaces]
        self._may_alert = {each.name for each in workspaces if each.tokens.create_errand}
        self._clock = clock
        self._conn: psycopg.Connection | None = None
        self._found: list[PendingWork] | None = None  # None: not known
        self._valid_until = float("-inf")
        self._failed = RateLimitedWarning("surveys are nudged in every workspace")

    def workspaces(self, task: str) -> list[str]:
        """Return where one of ``TASKS`` has something to do; everywhere if that is not known.

        It is not known while the database cannot be asked: the tasks then look for themselves.
        """
        if self._clock() >= self._valid_until:
            self._look()
        if self._found is None:
            names = self._names
        else:
            names = [each.workspace for each in self._found if _HAS_WORK[task](each)]
        if task == TaskName.SURVEY_ALERT:
            return [name for name in names if name in self._may_alert]
        return list(names)

    def close(self) -> None:
        """Close the connection; the next look opens another."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _look(self) -> None:
        try:
            if self._conn is None:
                self._conn = connections.connect(self._database_url, within_s=WAIT_S)
                self._conn.autocommit = True
            self._found = pending_work.find(self._conn, self._names)
            wait_s = LOOK_EVERY_S
        except psycopg.Error as error:
            self._failed.warn(error=type(error).__name__)
            self.close()
            self._found, wait_s = None, TRY_AGAIN_S
        self._valid_until = self._clock() + wait_s
