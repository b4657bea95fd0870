"""Periods of whole days: of what length they are, what they are compared with, and their steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
MOST_DAY_STEPS = 62  # two months; a longer period is shown by weeks


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days of a workspace's calendar, the first and the last included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Period:
        """The period of as many days that ends where this one begins."""
        return Period(self.first - ONE_DAY * self.days, self.first - ONE_DAY)

    @property
    def by_weeks(self) -> bool:
        """Whether its steps are weeks, not days."""
        return self.days > MOST_DAY_STEPS

    def ended_at(self, zone: ZoneInfo) -> datetime:
        """Return when it ends: the midnight after its last day."""
        return datetime.combine(self.last + ONE_DAY, time(), tzinfo=zone)

    def steps(self) -> tuple[Period, ...]:
        """Return its days, or its weeks from Monday, of which the first and last may be parts."""
        found, first = [], self.first
        while first <= self.last:
            last = first + ONE_DAY * (6 - first.weekday()) if self.by_weeks else first
            found.append(Period(first, min(last, self.last)))
            first = found[-1].last + ONE_DAY
        return tuple(found)


def last_days(days: int, *, today: date) -> Period:
    """Return the period of ``days`` days that are over."""
    return Period(today - ONE_DAY * days, today - ONE_DAY)
