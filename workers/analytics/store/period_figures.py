"""Figures of periods, from the views and tables of schema analyst."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg import ClientCursor
from psycopg.rows import class_row, scalar_row

from workers.analytics.rules.periods import Period
from workers.database import Connection, connections, queries

SQL = queries.load(__name__)
AGE_BANDS = ("0-1", "1-3", "3-7", "7-30", "30+")  # days, as in analyst.backlog_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Of what the figures are; ``None``: of all areas, channels or agents."""

    workspace: str
    area_id: int | None = None
    service_id: int | None = None
    agent_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a workspace."""

    timezone: str
    first_day: date | None  # of the first errand; None: there is none
    backlog_day: date | None  # the last whose backlog is computed; None before the first
    has_opening_hours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPeriod:
    """A row of one period."""

    first: date
    last: date

    @property
    def period(self) -> Period:
        """The period that it is of."""
        return Period(self.first, self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals(_OfPeriod):
    """The figures of one period. Times are in minutes; ``None`` where n is 0."""

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
    responses: int
    resolved: int  # closed in the period, and closed now
    resolution_n: int
    resolution_median: float | None
    resolution_p90: float | None
    resolution_business_median: float | None
    resolution_business_p90: float | None
    closed_and_reopened: int  # closed in the period, and reopened since
    reopened: int  # in the period, whenever they had been closed
    repeated: int

    @property
    def closed(self) -> int:
        """How often an errand was closed in the period."""
        return self.resolved + self.closed_and_reopened


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(_OfPeriod):
    """The figures of one period and area or channel."""

    id: int | None  # None: errands without
    name: str | None
    arrived: int
    first_response_n: int
    first_response_median: float | None
    first_response_p90: float | None
    sla_n: int
    within_sla: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCount(_OfPeriod):
    """Errands of one period and tag."""

    id: int
    name: str | None
    errands: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWork(_OfPeriod):
    """What one agent answered in a period, and how satisfied customers were."""

    id: int | None  # None: answers to errands of nobody
    name: str | None
    responses: int
    errands: int
    csat_n: int
    satisfied: int  # of csat_n
    low: Decimal | None  # ends of the interval of 95 percent of that share
    high: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Errands of one age that were open at the end of a day."""

    day: date
    age_band: str
    open: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaBacklog:
    """Errands of one area that were open at the end of a day."""

    id: int | None  # None: errands without
    name: str | None
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores(_OfPeriod):
    """Scores of one period, kind and scale."""

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


@contextmanager
def one_moment(conn: Connection) -> Iterator[None]:
    """Read everything as of one moment, from a connection in autocommit mode.

    A query that takes longer than 8 seconds ends: ``QueryCanceled``.
    """
    with connections.one_moment(conn):
        conn.execute(SQL["limit_time"])
        yield


def about(conn: Connection, workspace: str) -> About | None:
    """Return what is known of a workspace; ``None`` if nothing is stored of it."""
    with conn.cursor(row_factory=class_row(About)) as cursor:
        return cursor.execute(SQL["about"], {"workspace": workspace}).fetchone()


def totals(conn: Connection, scope: Scope, periods: Sequence[Period]) -> list[Totals]:
    """Return the figures of the periods, by their first day."""
    with conn.cursor(row_factory=class_row(Totals)) as cursor:
        return cursor.execute(SQL["totals"], _of(scope, periods)).fetchall()


def groups(conn: Connection, scope: Scope, periods: Sequence[Period], *, by: str) -> list[Group]:
    """Return the figures by ``by``, area or channel; the newest period and largest first."""
    with conn.cursor(row_factory=class_row(Group)) as cursor:
        return cursor.execute(SQL["groups"], _of(scope, periods) | {"by": by}).fetchall()


def tags(conn: Connection, scope: Scope, periods: Sequence[Period]) -> list[TagCount]:
    """Return the errands that arrived, by tag; the newest period and largest tags first."""
    with conn.cursor(row_factory=class_row(TagCount)) as cursor:
        return cursor.execute(SQL["tags"], _of(scope, periods)).fetchall()


def agents(conn: Connection, scope: Scope, periods: Sequence[Period]) -> list[AgentWork]:
    """Return what agents answered; the newest period and the most answers first."""
    with conn.cursor(row_factory=class_row(AgentWork)) as cursor:
        return cursor.execute(SQL["agents"], _of(scope, periods)).fetchall()


def backlog(conn: Connection, scope: Scope, periods: Sequence[Period]) -> list[Backlog]:
    """Return how many errands were open at the end of the periods, by age. Not by channel."""
    with conn.cursor(row_factory=class_row(Backlog)) as cursor:
        return cursor.execute(SQL["backlog"], _of(scope, periods)).fetchall()


def no_arrivals(period: Period, group: int | None, name: str | None) -> Group:
    """Return the figures of an area or channel in a period in which nothing arrived there."""
    return Group(
        first=period.first,
        last=period.last,
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


def arrivals_by_hour(conn: Connection, scope: Scope, period: Period) -> dict[tuple[int, int], int]:
    """Return the arrivals by weekday (1 is Monday) and hour, without zeros. Not by agent."""
    rows = conn.execute(SQL["arrivals_by_hour"], _of(scope, [period]))
    return {(weekday, hour): arrived for weekday, hour, arrived in rows.fetchall()}


def scores(conn: Connection, scope: Scope, periods: Sequence[Period]) -> list[Scores]:
    """Return the scores of the periods, by kind and scale."""
    with conn.cursor(row_factory=class_row(Scores)) as cursor:
        return cursor.execute(SQL["scores"], _of(scope, periods)).fetchall()


def freshness(conn: Connection, workspace: str) -> list[Freshness]:
    """Return whether errand reports, callbacks and figures are complete."""
    with conn.cursor(row_factory=class_row(Freshness)) as cursor:
        return cursor.execute(SQL["freshness"], {"workspace": workspace}).fetchall()


def figures_due(conn: Connection, workspace: str) -> bool:
    """Return whether figures are still to be computed from what is stored."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(SQL["figures_due"], {"workspace": workspace}).fetchone())


def is_unready(conn: Connection, workspace: str, period: Period) -> bool:
    """Return whether figures of a period that is over are about to be computed (again)."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        parameters = _of(Scope(workspace=workspace), [period])
        return bool(cursor.execute(SQL["is_unready"], parameters).fetchone())


def as_sql(
    conn: Connection, query: str, scope: Scope, periods: Sequence[Period], *, by: str = ""
) -> str:
    """Return the query of that name with its values, as psql takes it."""
    text = ClientCursor(conn).mogrify(SQL[query], _of(scope, periods) | {"by": by})
    return text.partition("\n")[2] if text.startswith("--") else text


def _of(scope: Scope, periods: Sequence[Period]) -> dict[str, Any]:
    """Return what queries are asked by: of what, and of which periods or days at whose end."""
    return asdict(scope) | {
        "firsts": [one.first for one in periods],
        "lasts": [one.last for one in periods],
        "first": min((one.first for one in periods), default=None),
        "last": max((one.last for one in periods), default=None),
    }
