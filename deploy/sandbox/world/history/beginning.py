"""How an errand of the history begins: when, from whom, about what, and in which area."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from deploy.sandbox.world import sample_data
from deploy.sandbox.world.customers import Customers
from deploy.sandbox.world.history import volume
from deploy.sandbox.world.sample_data import Area, Person, Service

FOLLOW_UP_SHARE = 0.1  # of the errands, by a customer who wrote about the same days before
FOLLOW_UP_DAYS = (1, 1, 1, 2, 2, 3, 4, 6, 9)
ODD_SHARE = 0.02  # of the errands, with a subject that means harm
ODD_TOPICS = (5, 6)
AREA_SHARES = {1: 30, 2: 20, 5: 12, 9: 16, 14: 22}
CAMPAIGN_SHARES = {1: 55, 2: 35, 5: 8, 9: 16, 14: 22}
TOPICS = {1: (0, 0, 4), 2: (2, 2, 4), 5: (4, 3), 9: (1,), 14: (3,)}  # by area
SERVICES = {"Email": 55, "Form": 16, "Chat": 14, "Facebook": 5, "SMS": 10}
AREAS = {area.item_id: area for area in sample_data.AREAS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """How one errand begins."""

    day: date
    place: int  # among the errands of its day, in order of arrival
    arrived_at: int  # epoch seconds
    area: Area
    topic: int
    service: Service
    person: Person
    follows: tuple[date, int] | None  # day and place of the errand of the same customer


@dataclass(frozen=True)
class Arrivals:
    """All errands that ever arrive, the same for the same seed and zone."""

    seed: int
    zone: ZoneInfo

    def rng(self, *about: object) -> random.Random:
        """Return the generator of all choices about one thing."""
        return random.Random(f"{self.seed} {about}")  # noqa: S311  # repeatable, not for security

    def moments(self, day: date) -> tuple[int, ...]:
        """Return when the errands of ``day`` arrive."""
        return _moments(self, day)

    def beginning(self, day: date, place: int) -> Beginning:
        """Return how the errand at ``place`` of ``day`` begins. Raises ``IndexError``."""
        arrived_at = self.moments(day)[place]
        rng = self.rng("beginning", day, place)
        service = _service(rng, datetime.fromtimestamp(arrived_at, self.zone))
        if rng.random() < FOLLOW_UP_SHARE and (before := self._before(day, rng)):
            return replace(
                before,
                day=day,
                place=place,
                arrived_at=arrived_at,
                follows=(before.day, before.place),
            )
        shares = CAMPAIGN_SHARES if volume.is_campaign(day) else AREA_SHARES
        [area_id] = rng.choices(tuple(shares), tuple(shares.values()))
        odd = rng.random() < ODD_SHARE
        return Beginning(
            day=day,
            place=place,
            arrived_at=arrived_at,
            area=AREAS[area_id],
            topic=rng.choice(ODD_TOPICS if odd else TOPICS[area_id]),
            service=service,
            person=Customers(rng=rng).writer(service),
            follows=None,
        )

    def _before(self, day: date, rng: random.Random) -> Beginning | None:
        earlier = day - timedelta(days=rng.choice(FOLLOW_UP_DAYS))
        count = len(self.moments(earlier))
        return self.beginning(earlier, rng.randrange(count)) if count else None


@lru_cache(maxsize=1024)
def _moments(all_: Arrivals, day: date) -> tuple[int, ...]:
    return volume.arrivals(day, all_.zone, all_.rng("arrivals", day))


def _service(rng: random.Random, at: datetime) -> Service:
    shares = dict(SERVICES)
    if not (volume.is_workday(at.date()) and 8 <= at.hour < 17):
        del shares["Chat"]
    [name] = rng.choices(tuple(shares), tuple(shares.values()))
    return next(one for one in sample_data.SERVICES if one.name == name)
