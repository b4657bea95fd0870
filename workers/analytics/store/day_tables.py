"""Figures of days and weeks that are kept in tables: which are due, and how they are replaced."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg.rows import args_row, class_row, scalar_row

from workers.analytics.rules.due_days import CountedErrand, DueDay
from workers.database import Connection, queries

SQL = queries.load(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """How much of what is due has failed and waits."""

    days: int
    names: int  # login names


def counted_errands(conn: Connection, workspace: str, ids: Sequence[int]) -> list[CountedErrand]:
    """Return on which days errands count by the figures that are stored at this moment, and how."""
    with conn.cursor(row_factory=args_row(CountedErrand)) as cursor:
        parameters = {"workspace": workspace, "ids": list(ids)}
        return cursor.execute(SQL["counted_errands"], parameters).fetchall()


def mark_days(conn: Connection, workspace: str, days: Collection[DueDay]) -> None:
    """Mark days of tables."""
    parameters = {
        "workspace": workspace,
        "tables": [one.kept for one in days],
        "days": [one.day for one in days],
    }
    conn.execute(SQL["mark_days"], parameters)


def mark_days_of_events(conn: Connection, workspace: str, ids: Sequence[int]) -> None:
    """Mark the days on which something happened to errands by the figures of this moment."""
    conn.execute(SQL["mark_days_of_events"], {"workspace": workspace, "ids": list(ids)})


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


def mark_moving_names(conn: Connection, workspace: str) -> None:
    """Mark the login names whose shift lasts, if more is known of it."""
    conn.execute(SQL["mark_moving_names"], {"workspace": workspace})


def due_names(conn: Connection, workspace: str, *, limit: int) -> list[str]:
    """Return the login names that have been due the longest, at most ``limit``."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "limit": limit}
        return cursor.execute(SQL["due_names"], parameters).fetchall()


def compute_names(conn: Connection, workspace: str, names: Sequence[str]) -> None:
    """Compute the days of login names, which are due no more; mark the days that change."""
    parameters = {"workspace": workspace, "login_names": list(names)}
    conn.execute(SQL["delete_due_names"], parameters)
    conn.execute(SQL["replace_names"], parameters)


def postpone_name(conn: Connection, workspace: str, name: str) -> None:
    """Record that a login name failed; it waits longer each time, an hour at most."""
    conn.execute(SQL["postpone_name"], {"workspace": workspace, "login_name": name})


def due_days(
    conn: Connection, workspace: str, *, limit: int, waited_s: float = 0.0
) -> list[DueDay]:
    """Return the days that have been due the longest, and for ``waited_s``, at most ``limit``."""
    with conn.cursor(row_factory=class_row(DueDay)) as cursor:
        parameters = {"workspace": workspace, "limit": limit, "waited_s": waited_s}
        return cursor.execute(SQL["due_days"], parameters).fetchall()


def compute_days(conn: Connection, workspace: str, due: Collection[DueDay]) -> None:
    """Compute days, which are due no more. Rows that do not change stay."""
    for kept in sorted({one.kept for one in due}):
        days = [one.day for one in due if one.kept == kept]
        parameters = {"workspace": workspace, "kept": kept, "days": days}
        conn.execute(SQL["delete_due_days"], parameters)
        conn.execute(SQL["replace_days"], parameters)


def postpone_day(conn: Connection, workspace: str, due: DueDay) -> None:
    """Record that a day failed; it waits longer each time, an hour at most."""
    parameters = {"workspace": workspace, "kept": due.kept, "day": due.day}
    conn.execute(SQL["postpone_day"], parameters)


def end_waits(conn: Connection, workspace: str) -> Failed:
    """Have everything that failed computed again at once, days of the backlog as well."""
    with conn.cursor(row_factory=class_row(Failed)) as cursor:
        [failed] = cursor.execute(SQL["end_waits"], {"workspace": workspace}).fetchall()
    return failed
