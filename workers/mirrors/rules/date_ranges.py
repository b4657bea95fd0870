"""Date ranges: the days left to do, in chunks; the days of the next scheduled export."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRange:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return map(date.fromordinal, range(self.first.toordinal(), self.last.toordinal() + 1))

    def __len__(self) -> int:
        return self.last.toordinal() - self.first.toordinal() + 1


def remaining_chunks(
    whole: DayRange, done: Collection[date], *, max_days: int
) -> Iterator[DayRange]:
    """Yield the days of ``whole`` that are not ``done``, in ranges of at most ``max_days`` days."""
    chunk: DayRange | None = None
    for day in whole:
        if chunk and (day in done or len(chunk) == max_days):
            yield chunk
            chunk = None
        if day not in done:
            chunk = DayRange(first=chunk.first if chunk else day, last=day)
    if chunk:
        yield chunk


def next_range(covered_to: date | None, *, today: date, max_days: int) -> DayRange:
    """Return the days of the next scheduled export.

    From the last day of the previous one, which was not over then, or from yesterday, to today.
    After a long outage at most ``max_days`` days; the following exports catch up.
    """
    first = min(covered_to or today - DAY, today)
    return DayRange(first=first, last=min(today, first + DAY * (max_days - 1)))
