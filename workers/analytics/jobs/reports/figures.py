"""The figures of a weekly report, each beside those of the week before and of a year before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from workers.analytics.rules.weeks import Week, week_of
from workers.analytics.store import week_figures
from workers.analytics.store.week_figures import (
    About,
    AreaBacklog,
    Freshness,
    Group,
    Scores,
    Totals,
)
from workers.database import Connection

TREND_WEEKS = 13
FEW = 10  # below it a figure says little, as in analyst.survey_score_week
MOST_GROUPS = 20  # areas or channels in a table


class Unit(StrEnum):
    """What a figure is."""

    COUNT = "count"
    MINUTES = "minutes"
    SHARE = "share"  # from 0 to 1
    POINTS = "points"  # from -100 to 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A figure of one week."""

    number: float
    n: int | None = None  # what it is computed from; None: it is a count itself
    low: float | None = None  # ends of the interval of 95 percent
    high: float | None = None

    @property
    def few(self) -> bool:
        """Whether it is computed from too few to compare."""
        return self.n is not None and self.n < FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A figure of the week, of the week before and of the same week a year before."""

    key: str  # of its text
    unit: Unit
    now: Value | None  # None: there is nothing to compute it from
    before: Value | None
    year_before: Value | None
    of: str | None = None  # the scale of a score, such as 1-5


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """The figures of an area or channel."""

    name: str | None  # None: errands without
    id: int | None
    now: Group
    arrived_before: int | None  # None: there was no data
    backlog: int | None  # None: not known, or not computed by channel


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendWeek:
    """A week in the charts. ``None`` where there is no data."""

    week: Week
    arrived: int | None
    closed: int | None
    backlog: Mapping[str, int] | None  # by age band, at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """How far the figures can be trusted."""

    until: datetime | None  # changes at Cention are known until then; None: it was never asked
    states: Sequence[str]  # of errand reports, callbacks and figures, but for fresh
    waiting: int
    missing: int
    stuck: int
    computing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekReport:
    """A report of one workspace and week, in no language."""

    workspace: str
    week: Week
    year_before: Week | None
    zone: ZoneInfo
    made_at: datetime
    first_day: date | None  # of any errand
    over: bool
    has_opening_hours: bool
    volumes: Sequence[Line]
    first_responses: Sequence[Line]
    resolutions: Sequence[Line]
    quality: Sequence[Line]
    scores: Sequence[Line]
    trend: Sequence[TrendWeek]
    oldest_at: datetime | None  # arrival of the oldest errand that was open at the week's end
    arrivals_by_hour: Mapping[tuple[int, int], int]
    areas: Sequence[GroupLine]
    channels: Sequence[GroupLine]
    left_out: int  # areas and channels beyond the largest
    completeness: Completeness


def read_report(conn: Connection, workspace: str, week: Week, *, now: datetime) -> WeekReport:
    """Return the report of a week. Raises ``LookupError`` if nothing is stored of the workspace.

    All figures are of one moment: the caller gives a transaction that sees one.
    """
    about = week_figures.about(conn, workspace)
    if about is None:
        raise LookupError(f"nothing is stored of the workspace {workspace}")
    trend = week.until(TREND_WEEKS)
    asked = sorted({*trend, *((week.year_before,) if week.year_before else ())})
    totals = {one.monday: one for one in week_figures.totals(conn, workspace, _mondays(asked))}
    compared = _Compared(week, about.first_day, totals)
    zone = ZoneInfo(about.timezone)
    backlog = _backlogs(conn, workspace, asked, about)
    areas, channels = (_groups(conn, workspace, week, about, by) for by in ("area", "channel"))
    return WeekReport(
        workspace=workspace,
        week=week,
        year_before=week.year_before,
        zone=zone,
        made_at=now,
        first_day=about.first_day,
        over=week.ended_at(zone).timestamp() <= now.timestamp(),
        has_opening_hours=about.has_opening_hours,
        volumes=[*_volumes(compared), _backlog_line(compared, backlog)],
        first_responses=_first_responses(compared, about),
        resolutions=_resolutions(compared, about),
        quality=_quality(compared),
        scores=_scores(conn, workspace, compared, asked),
        trend=[_trend_week(one, compared, backlog) for one in trend],
        oldest_at=_oldest_at(conn, workspace, week),
        arrivals_by_hour=week_figures.arrivals_by_hour(conn, workspace, week.monday),
        areas=areas[:MOST_GROUPS],
        channels=channels[:MOST_GROUPS],
        left_out=sum(max(len(one) - MOST_GROUPS, 0) for one in (areas, channels)),
        completeness=_completeness(conn, workspace),
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """The week and those that it is compared with."""

    week: Week
    first_day: date | None
    totals: Mapping[date, Totals]

    def has(self, week: Week | None) -> bool:
        """Return whether there is any data of a week: it is not before the first errand."""
        return bool(week and self.first_day and week_of(self.first_day) <= week)

    def line(
        self,
        key: str,
        unit: Unit,
        value: Callable[[Week], Value | None],
        of: str | None = None,
    ) -> Line:
        """Return a line; ``value`` is called for the weeks that have data."""
        weeks = (self.week, self.week.before, self.week.year_before)
        now, before, year_before = (value(one) if one and self.has(one) else None for one in weeks)
        return Line(key=key, unit=unit, now=now, before=before, year_before=year_before, of=of)

    def count(self, key: str, number: Callable[[Totals], int]) -> Line:
        return self.line(key, Unit.COUNT, lambda week: Value(number=number(self.of(week))))

    def minutes(
        self, key: str, number: Callable[[Totals], float | None], n: Callable[[Totals], int]
    ) -> Line:
        def value(week: Week) -> Value | None:
            found = number(self.of(week))
            return None if found is None else Value(number=found, n=n(self.of(week)))

        return self.line(key, Unit.MINUTES, value)

    def share(self, key: str, number: Callable[[Totals], int], n: Callable[[Totals], int]) -> Line:
        def value(week: Week) -> Value | None:
            of = n(self.of(week))
            return Value(number=number(self.of(week)) / of, n=of) if of else None

        return self.line(key, Unit.SHARE, value)

    def of(self, week: Week) -> Totals:
        return self.totals[week.monday]


def _mondays(weeks: Sequence[Week]) -> list[date]:
    return [one.monday for one in weeks]


def _volumes(compared: _Compared) -> list[Line]:
    return [
        compared.count("arrived", lambda one: one.arrived),
        compared.count("responses", lambda one: one.responses),
        compared.count("closed", lambda one: one.closed),
    ]


def _first_responses(compared: _Compared, about: About) -> list[Line]:
    def n(one: Totals) -> int:
        return one.first_response_n

    lines = [
        compared.share("answered", n, lambda one: one.arrived),
        compared.minutes("median", lambda one: one.first_response_median, n),
        compared.minutes("p90", lambda one: one.first_response_p90, n),
        compared.share("within_1_hour", lambda one: one.within_1_hour, n),
        compared.share("within_4_hours", lambda one: one.within_4_hours, n),
        compared.share("within_1_day", lambda one: one.within_1_day, n),
    ]
    if about.has_opening_hours:
        lines += [
            compared.minutes("median_business", lambda one: one.first_response_business_median, n),
            compared.minutes("p90_business", lambda one: one.first_response_business_p90, n),
            compared.share("within_1_business_hour", lambda one: one.within_1_business_hour, n),
            compared.share("within_4_business_hours", lambda one: one.within_4_business_hours, n),
        ]
    return lines


def _resolutions(compared: _Compared, about: About) -> list[Line]:
    def n(one: Totals) -> int:
        return one.resolution_n

    lines = [
        compared.minutes("median", lambda one: one.resolution_median, n),
        compared.minutes("p90", lambda one: one.resolution_p90, n),
    ]
    if about.has_opening_hours:
        lines += [
            compared.minutes("median_business", lambda one: one.resolution_business_median, n),
            compared.minutes("p90_business", lambda one: one.resolution_business_p90, n),
        ]
    return lines


def _quality(compared: _Compared) -> list[Line]:
    return [
        compared.share("within_sla", lambda one: one.within_sla, lambda one: one.sla_n),
        compared.count("reopened", lambda one: one.reopened),
        compared.share(
            "closed_and_reopened", lambda one: one.closed_and_reopened, lambda one: one.closed
        ),
        compared.share("repeated", lambda one: one.repeated, lambda one: one.arrived),
    ]


def _scores(
    conn: Connection, workspace: str, compared: _Compared, weeks: Sequence[Week]
) -> list[Line]:
    """Return a line for each kind and scale that the week has scores of."""
    found = week_figures.scores(conn, workspace, _mondays(weeks))
    by_key = {(one.monday, one.kind, one.lowest, one.highest): one for one in found}
    lines = []
    for _, kind, lowest, highest in [key for key in by_key if key[0] == compared.week.monday]:

        def value(
            week: Week, key: tuple[str, Decimal, Decimal] = (kind, lowest, highest)
        ) -> Value | None:
            scores = by_key.get((week.monday, *key))
            return _score(scores) if scores else None

        unit = Unit.SHARE if kind == "csat" else Unit.POINTS
        lines.append(compared.line(kind, unit, value, of=f"{lowest:f}\N{EN DASH}{highest:f}"))
    return lines


def _score(scores: Scores) -> Value:
    value, low, high = float(scores.value), float(scores.low), float(scores.high)
    return Value(number=value, n=scores.n, low=low, high=high)


Backlogs = Mapping[date, Mapping[str, int]]


def _backlogs(conn: Connection, workspace: str, weeks: Sequence[Week], about: About) -> Backlogs:
    """Return the backlog at the end of each week, by age band; none where it is not known."""
    known = [
        one.sunday
        for one in weeks
        if about.backlog_day and about.first_day
        if about.first_day <= one.sunday <= about.backlog_day
    ]
    found = {day: dict.fromkeys(week_figures.AGE_BANDS, 0) for day in known}
    for one in week_figures.backlog(conn, workspace, known):
        found[one.day][one.age_band] = one.open
    return found


def _backlog_line(compared: _Compared, backlogs: Backlogs) -> Line:
    def value(week: Week) -> Value | None:
        found = backlogs.get(week.sunday)
        return None if found is None else Value(number=sum(found.values()))

    return compared.line("backlog", Unit.COUNT, value)


def _trend_week(week: Week, compared: _Compared, backlogs: Backlogs) -> TrendWeek:
    totals = compared.of(week) if compared.has(week) else None
    return TrendWeek(
        week=week,
        arrived=totals.arrived if totals else None,
        closed=totals.closed if totals else None,
        backlog=backlogs.get(week.sunday),
    )


def _oldest_at(conn: Connection, workspace: str, week: Week) -> datetime | None:
    found = week_figures.backlog(conn, workspace, [week.sunday])
    return min((one.oldest_at for one in found), default=None)


def _groups(conn: Connection, workspace: str, week: Week, about: About, by: str) -> list[GroupLine]:
    """Return the areas or channels of the week, the largest first.

    They had arrivals in it or in the week before; or, of areas, errands that were open at its end.
    """
    found = week_figures.groups(conn, workspace, [week.monday, week.before.monday], by=by)
    now = {one.id: one for one in found if one.monday == week.monday}
    before = {one.id: one for one in found if one.monday == week.before.monday}
    had_data = about.first_day is not None and week_of(about.first_day) <= week.before
    backlog: dict[int | None, AreaBacklog] | None = None
    if by == "area" and about.backlog_day and week.sunday <= about.backlog_day:
        open_ = week_figures.backlog_by_area(conn, workspace, week.sunday)
        backlog = {one.id: one for one in open_}
    names = {one.id: one.name for one in found}
    names |= {one.id: one.name for one in (backlog or {}).values()}
    lines = [
        GroupLine(
            name=name,
            id=group,
            now=now.get(group) or week_figures.no_arrivals(week.monday, group, name),
            arrived_before=_arrived(before.get(group)) if had_data else None,
            backlog=None if backlog is None else _open(backlog.get(group)),
        )
        for group, name in names.items()
    ]
    return sorted(lines, key=_by_size)


def _arrived(group: Group | None) -> int:
    return group.arrived if group else 0


def _open(area: AreaBacklog | None) -> int:
    return area.open if area else 0


def _by_size(line: GroupLine) -> tuple[int, int, bool, int]:
    return -line.now.arrived, -(line.backlog or 0), line.id is None, line.id or 0


def _completeness(conn: Connection, workspace: str) -> Completeness:
    found = week_figures.freshness(conn, workspace)
    return Completeness(
        until=_known_until(found),
        states=sorted({one.state for one in found} - {"fresh"}),
        waiting=sum(one.waiting for one in found),
        missing=sum(one.missing for one in found),
        stuck=sum(one.stuck for one in found),
        computing=week_figures.figures_due(conn, workspace),
    )


def _known_until(found: Sequence[Freshness]) -> datetime | None:
    """Return until when every change that Cention reported is stored."""
    polled = [one.last_successful_poll_at for one in found if one.last_successful_poll_at]
    waiting = [one.oldest_waiting_at for one in found if one.oldest_waiting_at]
    return min((*polled, *waiting), default=None) if polled else None
