"""The figures of a weekly report, each beside those of the week before and of a year before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from workers.analytics.jobs.reports import lines
from workers.analytics.jobs.reports.completeness import Completeness, read_completeness
from workers.analytics.jobs.reports.lines import Backlogs, Compared, Line
from workers.analytics.jobs.reports.period import is_over
from workers.analytics.rules.periods import Period
from workers.analytics.rules.weeks import Week
from workers.analytics.store import period_figures
from workers.analytics.store.period_figures import About, AreaBacklog, Group, Scope
from workers.database import Connection

TREND_WEEKS = 13
MOST_GROUPS = 20  # areas or channels in a table


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
    times_exact: bool  # medians and 90th percentiles, not only within 2 percent
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
    about = period_figures.about(conn, workspace)
    if about is None:
        raise LookupError(f"nothing is stored of the workspace {workspace}")
    scope = Scope(workspace=workspace)
    trend = week.until(TREND_WEEKS)
    asked = sorted({one.period for one in (*trend, week.year_before) if one})
    compared = _compared(conn, scope, week, about, asked)
    zone = ZoneInfo(about.timezone)
    known = lines.with_backlog(asked, about)
    backlog = lines.by_age(period_figures.backlog(conn, scope, known), known)
    areas, channels = (
        read_groups(conn, scope, compared, about, by=by) for by in ("area", "channel")
    )
    return WeekReport(
        workspace=workspace,
        week=week,
        year_before=week.year_before,
        zone=zone,
        made_at=now,
        first_day=about.first_day,
        over=is_over(week.period, zone, now),
        has_opening_hours=about.has_opening_hours,
        times_exact=all(one.times_exact for one in compared.totals.values()),
        volumes=[*lines.volumes(compared), lines.backlog_line(compared, backlog)],
        first_responses=lines.first_responses(compared, about),
        resolutions=lines.resolutions(compared, about),
        quality=lines.quality(compared),
        scores=lines.scores(period_figures.scores(conn, scope, asked), compared),
        trend=[_trend_week(one, compared, backlog) for one in trend],
        oldest_at=_oldest_at(conn, scope, week),
        arrivals_by_hour=period_figures.arrivals_by_hour(conn, scope, week.period),
        areas=areas[:MOST_GROUPS],
        channels=channels[:MOST_GROUPS],
        left_out=sum(max(len(one) - MOST_GROUPS, 0) for one in (areas, channels)),
        completeness=read_completeness(conn, workspace),
    )


def read_groups(
    conn: Connection, scope: Scope, compared: Compared, about: About, *, by: str
) -> list[GroupLine]:
    """Return the areas or channels of the period, the largest first.

    They had arrivals in it or in the one before; or, of areas, errands that were open at its end.
    """
    period, earlier = compared.now, compared.before
    found = period_figures.groups(conn, scope, [period, earlier], by=by)
    now = {one.id: one for one in found if one.period == period}
    before = {one.id: one for one in found if one.period == earlier}
    backlog: dict[int | None, AreaBacklog] | None = None
    if by == "area" and lines.with_backlog([period], about):
        open_ = period_figures.backlog_by_area(conn, scope.workspace, period.last)
        backlog = {one.id: one for one in open_}
    names = {one.id: one.name for one in found}
    names |= {one.id: one.name for one in (backlog or {}).values()}
    groups = [
        GroupLine(
            name=name,
            id=group,
            now=now.get(group) or period_figures.no_arrivals(period, group, name),
            arrived_before=_arrived(before.get(group)) if compared.has(earlier) else None,
            backlog=None if backlog is None else _open(backlog.get(group)),
        )
        for group, name in names.items()
    ]
    return sorted(groups, key=_by_size)


def _arrived(group: Group | None) -> int:
    return group.arrived if group else 0


def _open(area: AreaBacklog | None) -> int:
    return area.open if area else 0


def _by_size(line: GroupLine) -> tuple[int, int, bool, int]:
    return -line.now.arrived, -(line.backlog or 0), line.id is None, line.id or 0


def _compared(
    conn: Connection, scope: Scope, week: Week, about: About, asked: Sequence[Period]
) -> Compared:
    totals = period_figures.totals(
        period_figures.counts(conn, scope, asked), period_figures.times(conn, scope, asked)
    )
    return Compared(
        now=week.period,
        before=week.before.period,
        year_before=week.year_before.period if week.year_before else None,
        first_day=about.first_day,
        totals={one.period: one for one in totals},
    )


def _trend_week(week: Week, compared: Compared, backlog: Backlogs) -> TrendWeek:
    totals = compared.totals[week.period] if compared.has(week.period) else None
    return TrendWeek(
        week=week,
        arrived=totals.arrived if totals else None,
        closed=totals.closed if totals else None,
        backlog=backlog.get(week.sunday),
    )


def _oldest_at(conn: Connection, scope: Scope, week: Week) -> datetime | None:
    found = period_figures.backlog(conn, scope, [week.period])
    return min((one.oldest_at for one in found), default=None)
