"""When errands were open, and where that differs from what was known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

FOREVER = datetime.max.replace(tzinfo=UTC)


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


class Stretch(NamedTuple):
    """The time between two moments."""

    from_at: datetime
    to_at: datetime


def changed_stretches(before: Iterable[OpenSpan], after: Iterable[OpenSpan]) -> set[Stretch]:
    """Return when something else was open than was known.

    Spans of one errand do not overlap, so what is alike before and after is passed over by
    putting all their ends in order: from each odd one to the next one only one side is open.
    """
    ends: defaultdict[tuple[object, ...], list[datetime]] = defaultdict(list)
    for one in set(before) ^ set(after):
        alike = one.errand_id, one.waiting_on, one.area_id, one.agent_id, one.arrived_at
        ends[alike] += [one.from_at, FOREVER if one.to_at is None else one.to_at]
    found = set()
    for moments in ends.values():
        moments.sort()
        pairs = zip(moments[::2], moments[1::2], strict=True)
        found |= {Stretch(begin, end) for begin, end in pairs if begin < end}
    return found
