"""Who works when: the opening hours of the areas, and the agents who answer there."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from deploy.sandbox.world.history.volume import is_workday
from deploy.sandbox.world.sample_data import AGENTS, Named

HOUR_S = 3_600
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staffing:
    """How an area works. Times are of the local day, durations of opening hours."""

    opens: int  # hour
    closes: int
    saturday: tuple[int, int] | None = None
    answer_s: float  # median until the first answer
    sla_s: int  # within which an errand is to be answered
    agents: tuple[tuple[int, int], ...]  # agent, and share of the errands
    transferred: float = 0.07  # share of the errands that begin in another area

    def hours(self, day: date) -> tuple[int, int] | None:
        """Return the opening hours of ``day``; ``None`` if the area is closed."""
        if is_workday(day):
            return self.opens, self.closes
        return self.saturday if day.weekday() == 5 else None


# By area.
STAFFING: Mapping[int, Staffing] = {
    1: Staffing(opens=8, closes=17, answer_s=1.2 * HOUR_S, sla_s=4 * HOUR_S,
                agents=((31, 5), (32, 4), (57, 2))),
    2: Staffing(opens=8, closes=17, answer_s=2.5 * HOUR_S, sla_s=8 * HOUR_S,
                agents=((31, 3), (32, 5))),
    5: Staffing(opens=7, closes=16, answer_s=5 * HOUR_S, sla_s=16 * HOUR_S,
                agents=((40, 5), (57, 3)), transferred=0.12),
    9: Staffing(opens=9, closes=16, answer_s=3 * HOUR_S, sla_s=8 * HOUR_S,
                agents=((32, 3), (40, 4)), transferred=0.15),
    14: Staffing(opens=7, closes=21, saturday=(9, 15), answer_s=0.6 * HOUR_S, sla_s=2 * HOUR_S,
                 agents=((57, 5), (40, 3), (31, 2))),
}  # fmt: skip
# How long an agent takes, compared with the others.
PACE: Mapping[int, float] = {31: 0.7, 32: 0.9, 40: 1.4, 57: 1.1}
AWAY_WEEKS = 9  # each agent is away in one week of so many
NAMES = {agent.item_id: agent for agent in AGENTS}


def agent_for(
    area_id: int, day: date, rng: random.Random, *, other_than: Named | None = None
) -> Named:
    """Return who handles an errand of an area on ``day``."""
    week = day.isocalendar().week
    listed = [one for one in STAFFING[area_id].agents if NAMES[one[0]] != other_than]
    here = [one for one in listed if (week + one[0]) % AWAY_WEEKS] or listed
    [chosen] = rng.choices([agent for agent, _ in here], [share for _, share in here])
    return NAMES[chosen]


def later(area_id: int, at: int, open_s: float, zone: ZoneInfo) -> int:
    """Return the moment when the area has been open for ``open_s`` seconds since ``at``."""
    left_s = open_s
    day = datetime.fromtimestamp(at, zone).date()
    while True:
        if hours := _open(area_id, day, zone):
            opens, closes = hours
            begin = max(at, opens)
            if begin + left_s <= closes:
                return int(begin + left_s)
            left_s -= max(closes - begin, 0)
        day += ONE_DAY


def open_seconds(area_id: int, since: int, until: int, zone: ZoneInfo) -> int:
    """Return how many seconds the area was open between two moments."""
    found = 0
    day = datetime.fromtimestamp(since, zone).date()
    last = datetime.fromtimestamp(until, zone).date()
    while day <= last:
        if hours := _open(area_id, day, zone):
            opens, closes = hours
            found += max(min(closes, until) - max(opens, since), 0)
        day += ONE_DAY
    return found


@lru_cache(maxsize=4096)
def _open(area_id: int, day: date, zone: ZoneInfo) -> tuple[int, int] | None:
    """Return from when until when the area is open on ``day``; ``None`` if it is closed."""
    hours = STAFFING[area_id].hours(day)
    if hours is None:
        return None
    opens, closes = (datetime(day.year, day.month, day.day, each, tzinfo=zone) for each in hours)
    return int(opens.timestamp()), int(closes.timestamp())
