"""Figures of weeks for the weekly report, from the views and tables of schema analyst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg.rows import class_row, scalar_row

from workers.database import Connection, queries

SQL = queries.load(__name__)
AGE_BANDS = ("0-1", "1-3", "3-7", "7-30", "30+")  # days, as in analyst.backlog_day


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a workspace."""

    timezone: str
    first_day: date | None  # of the first errand; None: there is none
    backlog_day: date | None  # the last whose backlog is computed; None before the first
    has_opening_hours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The figures of one week. Times are in minutes; ``None`` where n is 0."""

    monday: date
    arrived: int
    first_response_n: int  # of these: answered by now
    first_response_median: float | None
    first_response_p90: float | None
    first_response_business_median: float | None
    first_response_business_p90: float | None
    within_1_hour: int
    within_4_hours: int
    within_1_day: int
    within_1_business_hour: int
    within_4_business_hours: int
    sla_n: int
    within_sla: int
    without_opening_hours: int
    responses: int
    resolved: int  # closed in the week, and closed now
    resolution_n: int
    resolution_median: float | None
    resolution_p90: float | None
    resolution_business_median: float | None
    resolution_business_p90: float | None
    closed_and_reopened: int  # closed in the week, and reopened since
    reopened: int  # in the week, whenever they had been closed
    repeated: int

    @property
    def closed(self) -> int:
        """How often an errand was closed in the week."""
        return self.resolved + self.closed_and_reopened


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of one week and area or channel."""

    monday: date
    id: int | None  # None: errands without
    name: str | None
    arrived: int
    first_response_n: int
    first_response_median: float | None
    first_response_p90: float | None
    sla_n: int
    within_sla: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Errands of one age that were open at the end of a day."""

    day: date
    age_band: str
    open: int
    waiting_on_us: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaBacklog:
    """Errands of one area that were open at the end of a day."""

    id: int | None  # None: errands without
    name: str | None
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores of one week, kind and scale."""

    monday: date
    kind: str  # csat or nps
    lowest: Decimal
    highest: Decimal
    n: int
    value: Decimal  # of csat the share of the satisfied, of nps from -100 to 100
    low: Decimal  # ends of the interval of 95 percent
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """Whether one family is complete."""

    family: str
    state: str
    waiting: int
    missing: int
    stuck: int
    oldest_waiting_at: datetime | None
    last_successful_poll_at: datetime | None


def about(conn: Connection, workspace: str) -> About | None:
    """Return what is known of a workspace; ``None`` if nothing is stored of it."""
    with conn.cursor(row_factory=class_row(About)) as cursor:
        return cursor.execute(SQL["about"], {"workspace": workspace}).fetchone()


def totals(conn: Connection, workspace: str, mondays: Sequence[date]) -> list[Totals]:
    """Return the figures of the weeks, by Monday."""
    parameters = {"workspace": workspace, "mondays": list(mondays)}
    with conn.cursor(row_factory=class_row(Totals)) as cursor:
        return cursor.execute(SQL["totals"], parameters).fetchall()


def groups(conn: Connection, workspace: str, mondays: Sequence[date], *, by: str) -> list[Group]:
    """Return the figures by ``by``, area or channel; the newest week and largest groups first."""
    parameters = {"workspace": workspace, "mondays": list(mondays), "by": by}
    with conn.cursor(row_factory=class_row(Group)) as cursor:
        return cursor.execute(SQL["groups"], parameters).fetchall()


def backlog(conn: Connection, workspace: str, days: Sequence[date]) -> list[Backlog]:
    """Return how many errands were open at the end of the days, by age."""
    parameters = {"workspace": workspace, "days": list(days)}
    with conn.cursor(row_factory=class_row(Backlog)) as cursor:
        return cursor.execute(SQL["backlog"], parameters).fetchall()


def no_arrivals(monday: date, group: int | None, name: str | None) -> Group:
    """Return the figures of an area or channel in a week in which nothing arrived there."""
    return Group(
        monday=monday,
        id=group,
        name=name,
        arrived=0,
        first_response_n=0,
        first_response_median=None,
        first_response_p90=None,
        sla_n=0,
        within_sla=0,
    )


def backlog_by_area(conn: Connection, workspace: str, day: date) -> list[AreaBacklog]:
    """Return how many errands were open at the end of a day, by area."""
    parameters = {"workspace": workspace, "day": day}
    with conn.cursor(row_factory=class_row(AreaBacklog)) as cursor:
        return cursor.execute(SQL["backlog_by_area"], parameters).fetchall()


def arrivals_by_hour(conn: Connection, workspace: str, monday: date) -> dict[tuple[int, int], int]:
    """Return the arrivals of a week by weekday (1 is Monday) and hour; none where there are 0."""
    rows = conn.execute(SQL["arrivals_by_hour"], {"workspace": workspace, "monday": monday})
    return {(weekday, hour): arrived for weekday, hour, arrived in rows.fetchall()}


def scores(conn: Connection, workspace: str, mondays: Sequence[date]) -> list[Scores]:
    """Return the scores of the weeks, by kind and scale."""
    parameters = {"workspace": workspace, "mondays": list(mondays)}
    with conn.cursor(row_factory=class_row(Scores)) as cursor:
        return cursor.execute(SQL["scores"], parameters).fetchall()


def freshness(conn: Connection, workspace: str) -> list[Freshness]:
    """Return whether errand reports, callbacks and figures are complete."""
    with conn.cursor(row_factory=class_row(Freshness)) as cursor:
        return cursor.execute(SQL["freshness"], {"workspace": workspace}).fetchall()


def figures_due(conn: Connection, workspace: str) -> bool:
    """Return whether figures are still to be computed from what is stored."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["figures_due"], {"workspace": workspace}).fetchone())


def is_unready(conn: Connection, workspace: str, monday: date) -> bool:
    """Return whether figures of a week that is over are about to be computed (again)."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = {"workspace": workspace, "monday": monday}
        return bool(cursor.execute(SQL["is_unready"], parameters).fetchone())
