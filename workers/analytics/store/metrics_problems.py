"""Errands whose figures cannot be computed, or lack something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsProblem:
    """An errand whose figures have a problem."""

    workspace: str
    errand_id: int
    kind: str  # failed, arrival
    problem: str
    found_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsStatus:
    """State of the figures of a workspace."""

    workspace: str
    oldest_wait_s: float | None  # of the oldest change that is not computed yet
    everything_since_at: datetime | None  # everything is being computed again
    failed: int  # errands that are set aside
    arrivals: int  # errands whose arrival, or an event before it, counts as unknown


def renew(conn: Connection, workspace: str, ids: Sequence[int]) -> None:
    """Record the problems that remain of errands whose figures were just computed."""
    conn.execute(SQL["delete_problems"], {"workspace": workspace, "ids": list(ids)})
    conn.execute(SQL["insert_arrivals"], {"workspace": workspace, "ids": list(ids)})


def set_aside(conn: Connection, workspace: str, errand_id: int, problem: str) -> None:
    """Record that the figures of an errand cannot be computed."""
    parameters = {"workspace": workspace, "errand_id": errand_id, "problem": problem}
    conn.execute(SQL["set_aside"], parameters)


def listed(conn: Connection, workspace: str, *, limit: int) -> list[MetricsProblem]:
    """Return the problems of a workspace, the newest first."""
    with conn.cursor(row_factory=class_row(MetricsProblem)) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["problems"], parameters).fetchall()


def failed_errands(conn: Connection, workspace: str) -> list[int]:
    """Return the errands of a workspace that are set aside."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(SQL["failed_errands"], {"workspace": workspace}).fetchall()


def statuses(conn: Connection) -> list[MetricsStatus]:
    """Return the state of the figures of each workspace."""
    with conn.cursor(row_factory=class_row(MetricsStatus)) as cursor:
        return cursor.execute(SQL["statuses"]).fetchall()
