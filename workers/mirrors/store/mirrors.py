"""The enabled mirrors, and the state of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from workers.config.names import Mirror
from workers.database import Connection, queries

SQL = queries.load(__name__)

Key = tuple[str, str]
"""A workspace and a mirror."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorStatus:
    """State of one mirror: its last refresh, its pause."""

    workspace: str
    mirror: str
    every_s: int
    last_at: datetime | None  # of the last refresh that ended, well or not
    last_found: int | None  # how many records it fetched; None if it failed
    last_error: str | None  # beside records: why some are missing
    last_good_at: datetime | None
    late: bool  # by intake.is_unrenewed
    odd: int  # stored rows that could not be read
    paused_until: datetime | None
    paused_reason: str | None


def save(
    conn: Connection, every_s: Mapping[tuple[str, Mirror], int]
) -> tuple[list[Key], list[Key]]:
    """Write which mirrors are enabled, and their intervals in seconds; all others are disabled.

    Return those that are new or changed, and those that were disabled.
    """
    parameters = {
        "workspaces": [workspace for workspace, _ in every_s],
        "mirrors": [mirror for _, mirror in every_s],
        "every_s": list(every_s.values()),
    }
    removed = conn.execute(SQL["remove_other_mirrors"], parameters).fetchall()
    written = conn.execute(SQL["save_mirrors"], parameters).fetchall()
    return written, removed


def statuses(conn: Connection) -> list[MirrorStatus]:
    """Return the state of every enabled mirror."""
    with conn.cursor(row_factory=class_row(MirrorStatus)) as cursor:
        return cursor.execute(SQL["mirrors"]).fetchall()
