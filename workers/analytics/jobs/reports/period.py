"""The figures of a period of a workspace, or of one area, channel or agent in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from workers.analytics.jobs.reports import lines
from workers.analytics.jobs.reports.completeness import Completeness, read_completeness
from workers.analytics.jobs.reports.lines import Backlogs, Compared, Line
from workers.analytics.rules.periods import Period
from workers.analytics.store import period_figures
from workers.analytics.store.period_figures import (
    About,
    AgentWork,
    Group,
    Scope,
    Scores,
    TagCount,
    Totals,
)
from workers.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Lines of one subject."""

    key: str  # of its heading
    lines: Sequence[Line]


class PeriodFigures:
    """Reads the figures of a period and of the one before, each query once, when it is needed.

    All are of one moment: the caller gives a transaction that sees one, and within which
    ``QueryCanceled`` ends what takes longer than its time.
    """

    def __init__(self, conn: Connection, scope: Scope, period: Period, about: About) -> None:
        self.conn = conn
        self.scope = scope
        self.period = period
        self.about = about
        self.zone = ZoneInfo(about.timezone)
        self.steps = period.steps()
        self.compared_periods = [period, period.before]

    @cached_property
    def asked(self) -> Sequence[Period]:
        """The period, the one before, and the steps."""
        return sorted({*self.compared_periods, *self.steps})

    @cached_property
    def totals(self) -> Mapping[Period, Totals]:
        """What arrived, was answered, closed and reopened in each."""
        counted = period_figures.counts(self._limited(), self.scope, self.asked)
        timed = period_figures.times(self._limited(), self.scope, self.asked)
        found = period_figures.totals(counted, timed)
        return {one.period: one for one in found}

    @cached_property
    def compared(self) -> Compared:
        """The period and the one before, which it is compared with."""
        return Compared(
            now=self.period,
            before=self.period.before,
            year_before=None,
            first_day=self.about.first_day,
            totals=self.totals,
        )

    @cached_property
    def backlog_periods(self) -> Sequence[Period]:
        """Those at whose end the backlog is known; none of a channel, by which it is not kept."""
        if self.scope.service_id is not None:
            return []
        return lines.with_backlog(self.asked, self.about)

    @cached_property
    def backlog(self) -> Backlogs:
        """Open errands by age at their ends."""
        known = self.backlog_periods
        found = period_figures.backlog(self._limited(), self.scope, known) if known else []
        return lines.by_age(found, known)

    @cached_property
    def hours(self) -> Mapping[tuple[int, int], int]:
        """Arrivals by weekday and hour; of an agent nothing, as they are not kept by agent."""
        if self.scope.agent_id is not None:
            return {}
        return period_figures.arrivals_by_hour(self._limited(), self.scope, self.period)

    @cached_property
    def tags(self) -> Sequence[TagCount]:
        """Errands that arrived, by tag."""
        return period_figures.tags(self._limited(), self.scope, self.compared_periods)

    @cached_property
    def agents(self) -> Sequence[AgentWork]:
        """What agents answered."""
        return period_figures.agents(self._limited(), self.scope, self.compared_periods)

    @cached_property
    def areas(self) -> Sequence[Group]:
        """Errands that arrived, by area."""
        return period_figures.groups(self._limited(), self.scope, self.compared_periods, by="area")

    @cached_property
    def channels(self) -> Sequence[Group]:
        """Errands that arrived, by channel."""
        return period_figures.groups(
            self._limited(), self.scope, self.compared_periods, by="channel"
        )

    @cached_property
    def scores(self) -> Sequence[Scores]:
        """What customers answered to surveys, by kind and scale."""
        return period_figures.scores(self._limited(), self.scope, self.compared_periods)

    @property
    def has_data(self) -> bool:
        """Whether there is any errand of the period or before."""
        return self.compared.has(self.period)

    def step_totals(self) -> list[Totals | None]:
        """Return the figures of each step; ``None`` before the first errand."""
        return [self.totals[one] if self.compared.has(one) else None for one in self.steps]

    def sections(self) -> list[Section]:
        """Return all figures beside those of the period before, as in the weekly report."""
        compared, about = self.compared, self.about
        volumes = [*lines.volumes(compared), lines.backlog_line(compared, self.backlog)]
        return [
            Section(key="volumes", lines=volumes),
            Section(key="first_responses", lines=lines.first_responses(compared, about)),
            Section(key="resolutions", lines=lines.resolutions(compared, about)),
            Section(key="quality", lines=lines.quality(compared)),
            Section(key="scores", lines=lines.scores(self.scores, compared)),
        ]

    def completeness(self) -> Completeness:
        """Return how far the figures can be trusted."""
        return read_completeness(self._limited(), self.scope.workspace)

    @property
    def times_exact(self) -> bool:
        """Whether medians and 90th percentiles are exact, not only within 2 percent."""
        return all(one.times_exact for one in self.totals.values())

    def _limited(self) -> Connection:
        """Return the connection, whose next query has the time that is left."""
        period_figures.limit_time(self.conn)
        return self.conn


def is_over(period: Period, zone: ZoneInfo, now: datetime) -> bool:
    """Return whether a period has ended by the clock of ``zone``."""
    return period.ended_at(zone).timestamp() <= now.timestamp()


def today_in(zone: ZoneInfo, now: datetime) -> date:
    """Return the day that it is by the clock of ``zone``."""
    return now.astimezone(zone).date()
