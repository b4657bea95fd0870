"""Days in a row: what of a range is left to do, and in which portions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRange:
    """Days from ``first`` to ``last``, both of them included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return map(date.fromordinal, range(self.first.toordinal(), self.last.toordinal() + 1))

    def __len__(self) -> int:
        return self.last.toordinal() - self.first.toordinal() + 1


def portions_left(whole: DayRange, done: Collection[date], *, longest: int) -> Iterator[DayRange]:
    """Yield the days of ``whole`` that are not ``done``, in ranges of at most ``longest`` days."""
    portion: DayRange | None = None
    for day in whole:
        if portion and (day in done or len(portion) == longest):
            yield portion
            portion = None
        if day not in done:
            portion = DayRange(first=portion.first if portion else day, last=day)
    if portion:
        yield portion


def next_range(covered_to: date | None, *, today: date, longest: int) -> DayRange:
    """Return which days a scheduled export is made of.

    From the day on which the last one ended, as that was not over then, or from yesterday, to
    today; after a long silence no more than ``longest`` days, so that the following ones catch up.
    """
    first = min(covered_to or today - DAY, today)
    return DayRange(first=first, last=min(today, first + DAY * (longest - 1)))
