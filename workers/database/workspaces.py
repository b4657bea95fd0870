"""Stores the configured workspaces, and compares their addresses with the stored ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg.rows import class_row, scalar_row

from workers.config.workspaces import WorkspaceSettings
from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedWorkspace:
    """A workspace whose configured address is another than the stored one."""

    workspace: str
    stored: str  # host and path
    configured: str

    def __str__(self) -> str:
        name = self.workspace
        return (
            f"The rows of the workspace {name} are from {self.stored}, but the settings name "
            f"{self.configured}. Records of two servers must not be mixed.\n"
            f"If it is another workspace, give it another name (CENTION_WORKSPACE).\n"
            f"If it is the same one at a new address, run: cention workspaces moved {name}"
        )


def save(
    conn: Connection, workspaces: Iterable[WorkspaceSettings], *, poll_every_s: int
) -> list[str]:
    """Save workspaces, their IANA time zones and addresses, and the polling interval.

    Return the names of those that changed. An address that is stored is not overwritten.
    """
    found = tuple(workspaces)
    parameters = {
        "names": [each.name for each in found],
        "timezones": [each.timezone.key for each in found],
        "addresses": [each.address for each in found],
        "poll_every_s": poll_every_s,
    }
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["save_workspaces"], parameters).fetchall()


def moved(conn: Connection, workspaces: Iterable[WorkspaceSettings]) -> list[MovedWorkspace]:
    """Return the workspaces whose address is another than the stored one."""
    found = tuple(workspaces)
    parameters = {
        "names": [each.name for each in found],
        "addresses": [each.address for each in found],
    }
    with conn.cursor(row_factory=class_row(MovedWorkspace)) as cursor:
        return cursor.execute(SQL["moved_workspaces"], parameters).fetchall()


def set_address(conn: Connection, workspace: WorkspaceSettings) -> bool:
    """Store the address of the settings; return whether the workspace is stored at all."""
    parameters = {"workspace": workspace.name, "address": workspace.address}
    return conn.execute(SQL["set_address"], parameters).rowcount == 1
