"""Figures of periods, from the views and tables of schema analyst."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, LiteralString

from psycopg import ClientCursor
from psycopg.rows import class_row, dict_row, scalar_row

from workers.analytics.rules.periods import Period
from workers.database import Connection, connections, queries

SQL = queries.load(__name__)
AGE_BANDS = ("0-1", "1-3", "3-7", "7-30", "30+")  # days, as in analyst.backlog_day
EXACT = 2_000  # first answers and closings of a period, whose times are read one by one
Row = dict[str, Any]  # by the names of its columns
ALL = "all"  # in analyst.summary_day.grouped_by
MOST_ANSWERS = 100_000  # of a period, in which different errands are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Of what the figures are; ``None``: of all areas, channels or agents."""

    workspace: str
    area_id: int | None = None
    service_id: int | None = None
    agent_id: int | None = None

    @property
    def grouped_by(self) -> str | None:
        """As what analyst.summary_day has its days; ``None`` if they are not kept."""
        ids = {"area": self.area_id, "channel": self.service_id, "agent": self.agent_id}
        match [name for name, id_ in ids.items() if id_ is not None]:
            case []:
                return ALL
            case [name]:
                return name
        return None


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
    times_exact: bool  # medians and 90th percentiles; if not, they are at most 2 percent off
    first_response_n: int  # of arrived: answered by now
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
    first_response_median: float | None  # None: without answers, or of a period before
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
    errands: int | None  # None: of a period before, or with more than MOST_ANSWERS
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

    What is read after ``limit_time`` within it ends with ``QueryCanceled`` when all has taken
    longer than 8 seconds.
    """
    with connections.one_moment(conn):
        limit_time(conn)
        yield


def limit_time(conn: Connection) -> None:
    """Give the next statement what is left of the 8 seconds of this transaction."""
    conn.execute(SQL["limit_time"])


def about(conn: Connection, workspace: str) -> About | None:
    """Return what is known of a workspace; ``None`` if nothing is stored of it."""
    with conn.cursor(row_factory=class_row(About)) as cursor:
        return cursor.execute(SQL["about"], {"workspace": workspace}).fetchone()


def counts(conn: Connection, scope: Scope, periods: Sequence[Period]) -> list[Row]:
    """Return what was counted in the periods, by their first day."""
    return _rows(conn, counts_query(scope), scope, periods)


def times(conn: Connection, scope: Scope, periods: Sequence[Period]) -> list[Row]:
    """Return the percentiles of times in the periods, by their first day."""
    return _rows(conn, SQL["times"], scope, periods)


def totals(counted: Sequence[Row], timed: Sequence[Row]) -> list[Totals]:
    """Return the figures of periods from their ``counts`` and ``times``."""
    return [Totals(**(times | counts)) for counts, times in zip(counted, timed, strict=True)]


def counts_query(scope: Scope) -> LiteralString:
    """Return the query of what was counted: of days that are kept, or of errands."""
    return SQL["counts"] if scope.grouped_by else SQL["counts_of_errands"]


def groups(conn: Connection, scope: Scope, periods: Sequence[Period], *, by: str) -> list[Group]:
    """Return the figures by ``by``, area or channel; the newest period and largest first."""
    with conn.cursor(row_factory=class_row(Group)) as cursor:
        parameters = _of(scope, periods) | {"by": by}
        return cursor.execute(groups_query(scope, by), parameters).fetchall()


def groups_query(scope: Scope, by: str) -> LiteralString:
    """Return the query of areas or channels: of days that are kept, or of errands."""
    return SQL["groups"] if scope.grouped_by in (ALL, by) else SQL["groups_of_errands"]


def tags(conn: Connection, scope: Scope, periods: Sequence[Period]) -> list[TagCount]:
    """Return the errands that arrived, by tag; the newest period and largest tags first."""
    with conn.cursor(row_factory=class_row(TagCount)) as cursor:
        return cursor.execute(tags_query(scope), _of(scope, periods)).fetchall()


def tags_query(scope: Scope) -> LiteralString:
    """Return the query of tags: of weeks that are kept, or of errands."""
    return SQL["tags"] if scope.grouped_by == ALL else SQL["tags_of_errands"]


def agents(conn: Connection, scope: Scope, periods: Sequence[Period]) -> list[AgentWork]:
    """Return what agents answered; the newest period and the most answers first."""
    with conn.cursor(row_factory=class_row(AgentWork)) as cursor:
        return cursor.execute(agents_query(scope), _of(scope, periods)).fetchall()


def agents_query(scope: Scope) -> LiteralString:
    """Return the query of agents: of days that are kept, or of answers."""
    return SQL["agents"] if scope.grouped_by in (ALL, "agent") else SQL["agents_of_errands"]


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
    rows = conn.execute(hours_query(scope), _of(scope, [period]))
    return {(weekday, hour): arrived for weekday, hour, arrived in rows.fetchall()}


def hours_query(scope: Scope) -> LiteralString:
    """Return the query of arrivals by hour: of days that are kept, or of errands."""
    return SQL["arrivals_by_hour"] if scope.grouped_by else SQL["arrivals_by_hour_of_errands"]


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
    conn: Connection,
    query: LiteralString,
    scope: Scope,
    periods: Sequence[Period],
    *,
    by: str = "",
) -> str:
    """Return a query of this module with its values, as psql takes it."""
    text = ClientCursor(conn).mogrify(query, _of(scope, periods) | {"by": by})
    return text.partition("\n")[2] if text.startswith("--") else text


def _rows(
    conn: Connection, query: LiteralString, scope: Scope, periods: Sequence[Period]
) -> list[Row]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, _of(scope, periods)).fetchall()


def _of(scope: Scope, periods: Sequence[Period]) -> dict[str, Any]:
    """Return what queries are asked by: of what, and of which periods or days at whose end."""
    return asdict(scope) | {
        "grouped_by": scope.grouped_by,
        "exact": EXACT,
        "most_answers": MOST_ANSWERS,
        "firsts": [one.first for one in periods],
        "lasts": [one.last for one in periods],
        "first": min((one.first for one in periods), default=None),
        "last": max((one.last for one in periods), default=None),
    }
