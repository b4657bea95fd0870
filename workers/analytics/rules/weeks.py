"""Weeks of a report: which one is due, and those that it is compared with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workers.analytics.rules.periods import Period

_WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE | re.ASCII)
DAYS = 7
ONE_WEEK = timedelta(days=DAYS)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week of ISO 8601, by its Monday."""

    monday: date

    def __str__(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year:04}-W{number:02}"

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=DAYS - 1)

    @property
    def period(self) -> Period:
        """Its days."""
        return Period(self.monday, self.sunday)

    @property
    def before(self) -> Week:
        """The week before."""
        return Week(self.monday - ONE_WEEK)

    @property
    def year_before(self) -> Week | None:
        """The week of the same number a year earlier; ``None`` if that year has no week 53."""
        year, number, _ = self.monday.isocalendar()
        try:
            return Week(date.fromisocalendar(year - 1, number, 1))
        except ValueError:
            return None

    def until(self, count: int) -> tuple[Week, ...]:
        """Return ``count`` weeks of which this is the last."""
        return tuple(Week(self.monday - ONE_WEEK * ago) for ago in range(count - 1, -1, -1))

    def ended_at(self, zone: ZoneInfo) -> datetime:
        """Return when it ends: the midnight after its Sunday."""
        return self.period.ended_at(zone)


def read_week(text: str) -> Week:
    """Return the week of ``2024-W05``. Raises ``ValueError``."""
    found = _WEEK.fullmatch(text.strip())
    if found is None:
        raise ValueError("no week such as 2024-W05")
    return Week(date.fromisocalendar(int(found[1]), int(found[2]), 1))


def week_of(day: date) -> Week:
    """Return the week that has a day."""
    return Week(day - timedelta(days=day.weekday()))


def last_ended(now: datetime, zone: ZoneInfo) -> Week:
    """Return the newest week that is over by the clock of ``zone``."""
    return week_of(now.astimezone(zone).date()).before


def due_week(now: datetime, *, weekday: int, at: time, zone: ZoneInfo) -> tuple[Week, datetime]:
    """Return the week whose report is the newest that is due, and since when.

    ``weekday`` (1 is Monday) and ``at`` are of the clock of ``zone``. A time that the clock skips
    counts as if it had not changed; of one that comes twice the first counts.
    """
    today = now.astimezone(zone).date()
    for ago in range(DAYS + 1):
        day = today - timedelta(days=ago)
        since = datetime.combine(day, at, tzinfo=zone)
        if day.isoweekday() == weekday and since.timestamp() <= now.timestamp():
            return week_of(day).before, since
    raise AssertionError("one of eight days is such a day, and over")
