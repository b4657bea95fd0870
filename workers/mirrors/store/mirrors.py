"""What is renewed on a schedule, and how that fares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from workers.config.names import Mirror
from workers.database import queries

SQL = queries.load(__name__)

Key = tuple[str, str]
"""A workspace and a mirror."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorStatus:
    """How the renewals of one picture fare."""

    workspace: str
    mirror: str
    every_s: int
    last_at: datetime | None  # of the last renewal that ended, well or not
    last_found: int | None  # how many records it brought; None if it failed
    last_error: str | None  # beside records: why they are not all
    last_good_at: datetime | None
    late: bool  # as intake.is_unrenewed tells it
    odd: int  # rows that were kept and make no sense
    paused_until: datetime | None
    paused_reason: str | None


def save(
    conn: Connection[Any], every_s: Mapping[tuple[str, Mirror], int]
) -> tuple[list[Key], list[Key]]:
    """Write what is renewed, and how often, in seconds; everything else is off.

    Return what was not so already, and what was switched off.
    """
    parameters = {
        "workspaces": [workspace for workspace, _ in every_s],
        "mirrors": [mirror for _, mirror in every_s],
        "every_s": list(every_s.values()),
    }
    removed = conn.execute(SQL["remove_other_mirrors"], parameters).fetchall()
    written = conn.execute(SQL["save_mirrors"], parameters).fetchall()
    return written, removed


def statuses(conn: Connection[Any]) -> list[MirrorStatus]:
    """Return every picture that is renewed on a schedule."""
    with conn.cursor(row_factory=class_row(MirrorStatus)) as cursor:
        return cursor.execute(SQL["mirrors"]).fetchall()
