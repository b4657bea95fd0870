"""The errands and ratings of the months before the sandbox started.

An errand is made from its day and its place on that day whenever it is asked for, always the same
for the same seed: nothing is stored, and a restart tells the same history, only longer. Whatever
would have happened after ``until`` has not happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import takewhile
from zoneinfo import ZoneInfo

from deploy.sandbox.world import sample_data
from deploy.sandbox.world.history.beginning import Arrivals, Beginning
from deploy.sandbox.world.history.life import MAX_S, Life, sla_s
from deploy.sandbox.world.history.staffing import open_seconds
from deploy.sandbox.world.records import Action, Answer, Errand, Rating, Verb
from deploy.sandbox.world.sample_data import NO_AGENT

ONE_DAY = timedelta(days=1)
# Ids of the history are below those of the sandbox's errands, which are microseconds: a day has
# a range of its own, and each of its errands 1,000 ids for its actions and answers.
FIRST_DAY = date(2020, 1, 1)
IDS_PER_DAY = 100_000_000
IDS_PER_ERRAND = 1_000
RATINGS_PER_DAY = (0, 0, 0, 1, 1, 2, 3)
ANSWERS = (Verb.ANSWERED, Verb.ANSWERED_AND_CLOSED)
NEAR_SLA = 0.5  # of the time within which it is to be answered: then Cention warns


@dataclass(frozen=True)
class History:
    """Everything that arrived on ``days`` whole days and the present one, before ``until``."""

    zone: ZoneInfo
    seed: int
    days: int
    until: int  # epoch seconds

    @cached_property
    def arrivals(self) -> Arrivals:
        """The beginnings of all errands."""
        return Arrivals(self.seed, self.zone)

    @cached_property
    def last_day(self) -> date:
        """The day of ``until``."""
        return datetime.fromtimestamp(self.until, self.zone).date()

    @cached_property
    def first_day(self) -> date:
        """The first day that has a history."""
        return max(self.last_day - self.days * ONE_DAY, FIRST_DAY)

    def all_days(self) -> Iterator[date]:
        """Yield the days, the newest first; none if there is no history."""
        if self.days:
            for ago in range((self.last_day - self.first_day).days + 1):
                yield self.last_day - ago * ONE_DAY

    def errands_of(self, day: date) -> Iterator[Errand]:
        """Yield the errands that arrived on ``day``, as they were at ``until``."""
        moments = self.arrivals.moments(day) if self._has(day) else ()
        for place, _ in enumerate(takewhile(lambda at: at < self.until, moments)):
            yield self._errand(self.arrivals.beginning(day, place))

    def errand(self, errand_id: int) -> Errand | None:
        """Return the errand of this id as it was at ``until``; ``None`` if there is none."""
        number, below = divmod(errand_id, IDS_PER_DAY)
        place, rest = divmod(below, IDS_PER_ERRAND)
        if rest or not 0 <= number < 100_000:
            return None
        day = FIRST_DAY + number * ONE_DAY
        moments = self.arrivals.moments(day) if self._has(day) else ()
        if place >= len(moments) or moments[place] >= self.until:
            return None
        return self._errand(self.arrivals.beginning(day, place))

    @cached_property
    def count(self) -> int:
        """The number of errands."""
        return sum(
            sum(at < self.until for at in self.arrivals.moments(day)) for day in self.all_days()
        )

    def midnight(self, day: date) -> float:
        """Return when ``day`` begins (epoch seconds)."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp()

    def ratings(self) -> Iterator[Rating]:
        """Yield all ratings."""
        for day in self.all_days():
            rng = self.arrivals.rng("ratings", day)
            moments = self.arrivals.moments(day)
            for place in range(min(rng.choice(RATINGS_PER_DAY), len(moments))):
                created_at = rng.choice(moments)
                stars = rng.choice((1, 2, 3, 4, 4, 5, 5, 5, 0, None))
                rating = Rating(
                    rating_id=_first_id(day, place),
                    version=1,
                    stars=stars,
                    message=rng.choice(sample_data.RATINGS),
                    reviewer_id=10**16 + rng.getrandbits(50),
                    reviewer_name=rng.choice(sample_data.PEOPLE).name,
                    created_at=created_at,
                )
                if created_at < self.until:
                    yield rating

    def _has(self, day: date) -> bool:
        return bool(self.days) and self.first_day <= day <= self.last_day

    def _errand(self, beginning: Beginning) -> Errand:
        rng = self.arrivals.rng("life", beginning.day, beginning.place)
        first_id = _first_id(beginning.day, beginning.place)
        answers = iter(range(first_id, first_id + IDS_PER_ERRAND))

        def answer(errand: Errand) -> None:
            number = next(answers)
            errand.answer = Answer(
                answer_id=number,
                response_id=number,
                recipient_id=number,
                subject=f"Re: {sample_data.TOPICS[errand.topic][0]}",
                body=rng.choice(sample_data.ANSWERS),
                files=(),
            )

        life = Life(beginning=beginning, rng=rng, zone=self.zone, answer=answer)
        errand = _new(beginning, life)
        errand.to = (f"area{life.first_area.item_id}.{rng.randrange(900)}@nordkust.example",)
        events = list(life.events())
        for number, event in enumerate(events[: IDS_PER_ERRAND - 1]):
            if event.at > min(self.until, beginning.arrived_at + MAX_S):
                break
            action = Action(first_id + number, event.verb, event.agent, event.at)
            errand.actions.append(action)
            errand.version = number + 1
            errand.changed_at = event.at
            event.apply(errand)
        errand.sla_expiry = self._sla_expiry(beginning, errand)
        return errand

    def _sla_expiry(self, beginning: Beginning, errand: Errand) -> int:
        """Return 2 if the first answer was or is late, 1 if it was or is near that, else 0."""
        first = next((one.at for one in errand.actions if one.verb in ANSWERS), None)
        until = first or errand.closed_at or self.until
        waited_s = open_seconds(beginning.area.item_id, errand.arrived_at, until, self.zone)
        if errand.deleted:
            return 0
        limit_s = sla_s(beginning)
        return (waited_s > limit_s * NEAR_SLA) + (waited_s > limit_s)


NO_HISTORY = History(zone=ZoneInfo("UTC"), seed=0, days=0, until=0)


def _first_id(day: date, place: int) -> int:
    return (day - FIRST_DAY).days * IDS_PER_DAY + place * IDS_PER_ERRAND


def _new(beginning: Beginning, life: Life) -> Errand:
    errand_id = _first_id(beginning.day, beginning.place)
    return Errand(
        errand_id=errand_id,
        version=1,
        arrived_at=beginning.arrived_at,
        changed_at=beginning.arrived_at,
        topic=beginning.topic,
        person=beginning.person,
        area=life.first_area,
        service=beginning.service,
        agent=NO_AGENT,
        tags=(),
        to=(),
        copies=(),
        thread_id=_first_id(*beginning.follows) if beginning.follows else 0,
        file_count=life.rng.choice((0, 0, 0, 0, 1, 2)),
        actions=[],
    )
