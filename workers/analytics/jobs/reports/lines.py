"""Figures beside those that they are compared with, of a week or any other period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from workers.analytics.rules.periods import Period
from workers.analytics.store.period_figures import AGE_BANDS, About, Backlog, Scores, Totals

FEW = 10  # below it a figure says little, as in analyst.survey_score_week
Backlogs = Mapping[date, Mapping[str, int]]  # by day and age band


class Unit(StrEnum):
    """What a figure is."""

    COUNT = "count"
    MINUTES = "minutes"
    SHARE = "share"  # from 0 to 1
    POINTS = "points"  # from -100 to 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A figure of one period."""

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
    """A figure of a period, of the one before and, of a week, of the same a year before."""

    key: str  # of its text
    unit: Unit
    now: Value | None  # None: there is nothing to compute it from
    before: Value | None
    year_before: Value | None
    of: str | None = None  # the scale of a score, such as 1-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A period and those that it is compared with, with the figures of each that has data."""

    now: Period
    before: Period
    year_before: Period | None
    first_day: date | None  # of any errand
    totals: Mapping[Period, Totals]

    def has(self, period: Period | None) -> bool:
        """Return whether there is any data of a period: it does not end before the first errand."""
        return bool(period and self.first_day and self.first_day <= period.last)

    def line(
        self,
        key: str,
        unit: Unit,
        value: Callable[[Period], Value | None],
        of: str | None = None,
    ) -> Line:
        """Return a line; ``value`` is called for the periods that have data."""
        periods = (self.now, self.before, self.year_before)
        now, before, year_before = (
            value(one) if one and self.has(one) else None for one in periods
        )
        return Line(key=key, unit=unit, now=now, before=before, year_before=year_before, of=of)

    def count(self, key: str, number: Callable[[Totals], int]) -> Line:
        """Return the line of a number of errands or events."""
        return self.line(key, Unit.COUNT, lambda period: Value(number=number(self.totals[period])))

    def minutes(
        self, key: str, number: Callable[[Totals], float | None], n: Callable[[Totals], int]
    ) -> Line:
        """Return the line of a percentile of durations."""

        def value(period: Period) -> Value | None:
            found = number(self.totals[period])
            return None if found is None else Value(number=found, n=n(self.totals[period]))

        return self.line(key, Unit.MINUTES, value)

    def share(self, key: str, number: Callable[[Totals], int], n: Callable[[Totals], int]) -> Line:
        """Return the line of a share."""

        def value(period: Period) -> Value | None:
            of = n(self.totals[period])
            return Value(number=number(self.totals[period]) / of, n=of) if of else None

        return self.line(key, Unit.SHARE, value)


def volumes(compared: Compared) -> list[Line]:
    """Return how many errands arrived and were closed, and how many answers were sent."""
    return [
        compared.count("arrived", lambda one: one.arrived),
        compared.count("responses", lambda one: one.responses),
        compared.count("closed", lambda one: one.closed),
    ]


def first_responses(compared: Compared, about: About) -> list[Line]:
    """Return the times to the first answer; in opening hours too, if there are any."""

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


def resolutions(compared: Compared, about: About) -> list[Line]:
    """Return the times until errands were closed."""

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


def quality(compared: Compared) -> list[Line]:
    """Return SLA, reopenings and repeats."""
    return [
        compared.share("within_sla", lambda one: one.within_sla, lambda one: one.sla_n),
        compared.count("reopened", lambda one: one.reopened),
        compared.share(
            "closed_and_reopened", lambda one: one.closed_and_reopened, lambda one: one.closed
        ),
        compared.share("repeated", lambda one: one.repeated, lambda one: one.arrived),
    ]


def scores(found: Sequence[Scores], compared: Compared) -> list[Line]:
    """Return a line for each kind and scale that the period has scores of."""
    by_key = {(one.period, one.kind, one.lowest, one.highest): one for one in found}
    lines = []
    for _, kind, lowest, highest in [key for key in by_key if key[0] == compared.now]:

        def value(
            period: Period, key: tuple[str, Decimal, Decimal] = (kind, lowest, highest)
        ) -> Value | None:
            of = by_key.get((period, *key))
            return _score(of) if of else None

        unit = Unit.SHARE if kind == "csat" else Unit.POINTS
        lines.append(compared.line(kind, unit, value, of=f"{lowest:f}\N{EN DASH}{highest:f}"))
    return lines


def _score(scores: Scores) -> Value:
    value, low, high = float(scores.value), float(scores.low), float(scores.high)
    return Value(number=value, n=scores.n, low=low, high=high)


def backlog_line(compared: Compared, backlogs: Backlogs) -> Line:
    """Return how many errands were open at the end."""

    def value(period: Period) -> Value | None:
        found = backlogs.get(period.last)
        return None if found is None else Value(number=sum(found.values()))

    return compared.line("backlog", Unit.COUNT, value)


def by_age(found: Sequence[Backlog], known: Sequence[Period]) -> Backlogs:
    """Return the backlog by age band at the end of each period of which it is known."""
    ends = {one.last: dict.fromkeys(AGE_BANDS, 0) for one in known}
    for one in found:
        ends[one.day][one.age_band] = one.open
    return ends


def with_backlog(periods: Sequence[Period], about: About) -> list[Period]:
    """Return the periods at whose end the backlog is computed."""
    return [
        one
        for one in periods
        if about.backlog_day and about.first_day
        if about.first_day <= one.last <= about.backlog_day
    ]
