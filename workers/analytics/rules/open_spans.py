"""When errands were open, and at the end of which days a change of that is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSpan:
    """A stretch in which an errand was open, and whom it waited for, where and with whom."""

    errand_id: int
    from_at: datetime
    to_at: datetime | None  # None: it lasts still
    waiting_on: str
    area_id: int | None
    agent_id: int | None
    arrived_at: datetime


def changed_days(
    before: Iterable[OpenSpan], after: Iterable[OpenSpan], *, zone: ZoneInfo, last: date
) -> set[date]:
    """Return the days until ``last`` at whose end something else was open than was known."""
    known = set(_contributions(before, zone, last))
    return {day for day, *_ in known ^ set(_contributions(after, zone, last))}


def _contributions(
    spans: Iterable[OpenSpan], zone: ZoneInfo, last: date
) -> Iterator[tuple[date, int, str, int | None, int | None, datetime]]:
    """Yield what each span adds to the backlog of days."""
    for one in spans:
        day = one.from_at.astimezone(zone).date() - ONE_DAY
        while day <= last and (one.to_at is None or end_of(day, zone) <= one.to_at):
            if one.from_at < end_of(day, zone):
                whom = one.waiting_on, one.area_id, one.agent_id
                yield (day, one.errand_id, *whom, one.arrived_at)
            day += ONE_DAY


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day ends."""
    after = day + ONE_DAY
    return datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC)
