"""Whether the rows of a workspace are from the server that the settings name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

import structlog

from workers.config.workspaces import WorkspaceSettings
from workers.database import Transaction, workspaces

log = structlog.get_logger(__name__)

CHECK_EVERY_S = 30.0


class AddressCheck:
    """Refuses workspaces that have moved; reads the database every ``CHECK_EVERY_S`` at most."""

    def __init__(
        self,
        settings: Iterable[WorkspaceSettings],
        *,
        session: Transaction,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = tuple(settings)
        self._names = {each.name for each in self._settings}
        self._session = session
        self._clock = clock
        self._lock = threading.Lock()
        self._valid_until = -1.0
        self._refused: frozenset[str] = frozenset()

    def refuses(self, workspace: str) -> bool:
        """Return whether nothing may be done for ``workspace``. Raises ``psycopg.Error``."""
        if workspace not in self._names:
            return False
        with self._lock:
            if self._clock() >= self._valid_until:
                with self._session() as conn:
                    found = workspaces.moved(conn, self._settings)
                for each in found:
                    log.error("workspace refused", workspace=each.workspace, error=str(each))
                self._refused = frozenset(each.workspace for each in found)
                self._valid_until = self._clock() + CHECK_EVERY_S
            return workspace in self._refused
