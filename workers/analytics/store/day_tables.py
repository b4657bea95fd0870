"""Figures of days and weeks that are kept in tables: which are due, and how they are replaced."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """A day, or a week by its Monday, whose rows of a table are to be computed."""

    kept: str  # the table
    day: str  # as Postgres writes it: Python knows neither the year 20000 nor -infinity


def mark_days_of_figures(conn: Connection, workspace: str, ids: Sequence[int]) -> None:
    """Mark the days on which errands count by the figures that are stored at this moment."""
    conn.execute(SQL["mark_days_of_figures"], {"workspace": workspace, "ids": list(ids)})


def mark_days_of_reports(conn: Connection, workspace: str, ids: Sequence[int]) -> None:
    """Mark the days on which errands count by their reports, and did before these changed."""
    conn.execute(SQL["mark_days_of_reports"], {"workspace": workspace, "ids": list(ids)})


def mark_all(conn: Connection, workspace: str, *, since: date | None) -> None:
    """Mark all login names, and all days, or those from the week of ``since`` on."""
    conn.execute(SQL["mark_all_names"], {"workspace": workspace})
    conn.execute(SQL["mark_all_days"], {"workspace": workspace, "since": since})


def mark_names_of_days(conn: Connection, workspace: str, days: Collection[int]) -> None:
    """Mark the login names with log-ons on these days in UTC, given as YYYYMMDD."""
    conn.execute(SQL["mark_names_of_days"], {"workspace": workspace, "numbers": list(days)})


def mark_days_of_agents(conn: Connection, workspace: str) -> None:
    """Mark the days on which anybody was logged in: login names may belong to other agents."""
    conn.execute(SQL["mark_days_of_agents"], {"workspace": workspace})


def compute_names(conn: Connection, workspace: str, *, limit: int) -> None:
    """Compute the days of login names that are due, at most ``limit``; mark those that change."""
    conn.execute(SQL["mark_moving_names"], {"workspace": workspace})
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        found = cursor.execute(SQL["take_names"], parameters).fetchall()
    if found:
        conn.execute(SQL["replace_names"], {"workspace": workspace, "login_names": found})


def due_days(
    conn: Connection, workspace: str, *, limit: int, waited_s: float = 0.0
) -> list[DueDay]:
    """Return the days that have been due the longest, and for ``waited_s``, at most ``limit``."""
    with conn.cursor(row_factory=class_row(DueDay)) as cursor:
        parameters = {"workspace": workspace, "limit": limit, "waited_s": waited_s}
        return cursor.execute(SQL["due_days"], parameters).fetchall()


def compute_days(conn: Connection, workspace: str, due: Collection[DueDay]) -> None:
    """Compute days, which are due no more. The rows of one that has not changed stay."""
    for kept in sorted({one.kept for one in due}):
        days = [one.day for one in due if one.kept == kept]
        parameters = {"workspace": workspace, "kept": kept, "days": days}
        conn.execute(SQL["delete_due_days"], parameters)
        conn.execute(SQL["replace_days"], parameters)
