"""Which days of kept tables differ after the figures of errands were computed again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDay:
    """A day, or a week by its Monday, whose rows of a table are to be computed."""

    kept: str  # the table
    day: str  # as Postgres writes it: Python knows neither the year 20000 nor -infinity


class CountedErrand(NamedTuple):
    """An errand on a day of a table on which it counts."""

    errand_id: int
    kept: str
    day: str
    figures: str | None  # what the table reads of it; None: more than its figures


def changed_days(
    before: Collection[CountedErrand], after: Collection[CountedErrand]
) -> set[DueDay]:
    """Return the days of which errands count in another way than before, or may do so."""
    differ = set(before) ^ set(after)
    differ |= {one for one in (*before, *after) if one.figures is None}
    return {DueDay(kept=one.kept, day=one.day) for one in differ}
