"""What a person does about records, documents and callbacks: fetch, release, file, dismiss.

Each is recorded with who did it in the same transaction, and only then are workers nudged. A lost
nudge loses nothing: the sweep finds the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workers.config.names import Family
from workers.config.settings import Settings
from workers.database import Connection, workspaces
from workers.database.workspaces import MovedWorkspace
from workers.operations.jobs.nudges import request_drains, request_filing
from workers.operations.store import operator_actions
from workers.sync.store import callbacks, landed, wanted

FETCH_AGAIN = "fetch_again"
RELEASE_PARKED = "release_parked"
DISMISS_DOCUMENT = "dismiss_document"
FILE_AGAIN = "file_again"
DISMISS_CALLBACK = "dismiss_callback"
DONE, NOTHING = "done", "nothing to do"
MAX_SHOWN = 10  # ids


class WorkspaceMoved(Exception):
    """The rows of a workspace are from another server than the settings name."""

    def __init__(self, moved: MovedWorkspace) -> None:
        super().__init__(str(moved))
        self.moved = moved


def check_workspace(conn: Connection, settings: Settings, name: str) -> None:
    """Check that the rows of a workspace are from its server. Raises ``WorkspaceMoved``.

    Rows of a workspace that the settings do not have may be from any server.
    """
    for moved in workspaces.moved(conn, settings.workspaces):
        if moved.workspace == name:
            raise WorkspaceMoved(moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """What one person does. No transaction of ``conn`` is in progress."""

    conn: Connection
    settings: Settings
    person: str | None = None  # None: at the command line, which is not recorded

    def fetch_again(self, workspace: str, family: Family, ids: Sequence[int]) -> str | None:
        """Have records fetched again. Return why workers could not be nudged, or ``None``."""
        with self.conn.transaction():
            wanted.want_now(self.conn, workspace, family, ids)
            self._record(FETCH_AGAIN, workspace, _objects(family, ids), _counted(len(ids)))
        return request_drains(self.settings, [(workspace, family)] if ids else [])

    def release_parked(
        self, workspace: str, family: Family | None, ids: Sequence[int] | None
    ) -> tuple[list[tuple[Family, int]], str | None]:
        """Release parked records: all, of a family, or with these ids of it.

        Return which, and why workers could not be nudged.
        """
        with self.conn.transaction():
            released = wanted.release_parked(self.conn, workspace, family=family, ids=ids)
            of = _objects(family or "all families", ids or ())
            self._record(RELEASE_PARKED, workspace, of, _counted(len(released)))
        families = sorted({(workspace, one) for one, _ in released})
        return released, request_drains(self.settings, families)

    def dismiss_documents(self, workspace: str, family: Family, ids: Sequence[int]) -> list[int]:
        """Stop showing documents that cannot be read. Return the ids of those that were shown."""
        with self.conn.transaction():
            found = landed.dismiss(self.conn, workspace, family, ids)
            of = _objects(family, ids)
            self._record(DISMISS_DOCUMENT, workspace, of, _counted(len(found)))
        return found

    def file_again(self, ids: Sequence[int]) -> tuple[int, str | None]:
        """Have callbacks filed again. Return how many, and why workers could not be nudged."""
        with self.conn.transaction():
            found = callbacks.replay(self.conn, ids)
            self._record(FILE_AGAIN, None, _objects("callback", ids), _counted(len(found)))
        return len(found), request_filing(self.settings, sorted(set(found.values())))

    def dismiss_callbacks(self, ids: Sequence[int]) -> int:
        """Stop showing callbacks that cannot be filed. Return how many were shown."""
        with self.conn.transaction():
            found = callbacks.dismiss(self.conn, ids)
            self._record(DISMISS_CALLBACK, None, _objects("callback", ids), _counted(len(found)))
        return len(found)

    def _record(self, kind: str, workspace: str | None, of: str, outcome: str) -> None:
        if self.person is not None:
            operator_actions.record(
                self.conn, self.person, kind, outcome, workspace=workspace, of=of
            )


def _objects(kind: str, ids: Sequence[int]) -> str:
    """Return the kind and the first ids of what was worked on."""
    shown = [str(one) for one in ids[:MAX_SHOWN]]
    more = [f"and {len(ids) - MAX_SHOWN:,} more"] if len(ids) > MAX_SHOWN else []
    return " ".join((kind, *shown, *more))


def _counted(number: int) -> str:
    return f"{DONE}: {number:,}" if number else NOTHING
