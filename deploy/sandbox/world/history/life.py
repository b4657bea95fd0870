"""What happens to an errand of the history, from its arrival until it is done with."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from deploy.sandbox.world import sample_data
from deploy.sandbox.world.history import volume
from deploy.sandbox.world.history.beginning import AREAS, Beginning
from deploy.sandbox.world.history.staffing import PACE, STAFFING, agent_for, later
from deploy.sandbox.world.records import Errand, Verb
from deploy.sandbox.world.sample_data import Named

SYSTEM = sample_data.AGENTS[0]
DAY_S = 86_400
MAX_S = 35 * DAY_S  # nothing happens to an errand after that

# Shares of the errands.
SPAM_SHARE = 0.03  # deleted without an answer
UNANSWERED_SHARE = 0.07  # closed without an answer
FORGOTTEN_SHARE = 0.012  # answered after weeks, if at all
ASSIGNED_SHARE = 0.6  # given to an agent by the system, before one opens it
PASSED_ON_SHARE = 0.08  # given to another agent
EXPERT_SHARE = 0.03  # forwarded to an external expert, who takes days
COMMENTED_SHARE = 0.15
POSTPONED_SHARE = 0.015  # the note of which no pattern of the bridge knows
TAGGED_SHARE = 0.4
LEFT_OPEN_SHARE = 0.1  # of the answered: closed days later
REOPENED_SHARE = 0.07  # of the answered
RATED_SHARE = 0.2  # of the answered

SPREAD = 0.75  # of times until an answer: the sigma of a log-normal distribution
QUEUE = 1.3  # the power of the day's load by which answers take longer
BY_SERVICE = {"Chat": 0.04, "SMS": 0.5, "Facebook": 0.8}  # the share of the usual time
HIGH_PRIORITY = 0.6
EXPERT_S = (4 * 3_600, 20 * 3_600)  # of opening hours
FORGOTTEN_S = (60 * 3_600, 180 * 3_600)
REOPENED_AFTER_S = (1_800, 5 * DAY_S)
RATED_AFTER_S = (300, 2 * DAY_S)
CLOSED_AFTER_S = (9 * 3_600, 27 * 3_600)
# Weights of sample_data.FEEDBACK, from the best, for answers in time and late ones.
FEEDBACK_IN_TIME = (55, 28, 11, 6)
FEEDBACK_LATE = (15, 22, 28, 35)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens to an errand: its action, and what it changes."""

    at: int
    verb: Verb
    agent: Named
    apply: Callable[[Errand], None] = lambda errand: None


def set_to(**values: object) -> Callable[[Errand], None]:
    """Return what sets attributes of an errand."""

    def apply(errand: Errand) -> None:
        for name, value in values.items():
            setattr(errand, name, value)

    return apply


@dataclass(kw_only=True)
class Life:
    """Tells the life of one errand in order of time. ``answer`` is applied with each answer."""

    beginning: Beginning
    rng: random.Random
    zone: ZoneInfo
    answer: Callable[[Errand], None]

    def __post_init__(self) -> None:
        self.area = self._first_area()
        self.agent = agent_for(self.area.item_id, self.beginning.day, self.rng)
        self.at = self.beginning.arrived_at
        self.first_area = self.area

    def events(self) -> Iterator[Event]:
        """Yield everything that will ever happen, the earliest first."""
        yield Event(self.at, Verb.CREATED, SYSTEM)
        if self._happens(SPAM_SHARE):
            self._work(900)
            yield Event(self.at, Verb.DELETED, self.agent, set_to(deleted=True))
            return
        yield from self._routing()
        answer_s = self._time_to_answer()
        yield from self._handling(answer_s)
        if self._happens(UNANSWERED_SHARE):
            yield Event(self.at, Verb.CLOSED, self.agent, set_to(closed_at=self.at))
            return
        is_late = answer_s > sla_s(self.beginning)
        yield from self._answering()
        yield from self._after(is_late=is_late)

    def _first_area(self) -> sample_data.Area:
        """Return where it arrives: some errands begin in an area that is not theirs."""
        area = self.beginning.area
        if not self._happens(STAFFING[area.item_id].transferred):
            return area
        return self.rng.choice([one for one in AREAS.values() if one != area])

    def _routing(self) -> Iterator[Event]:
        if self.area != self.beginning.area:
            self._work(self._drawn(1_500))
            moved, self.area = self.agent, self.beginning.area
            yield Event(self.at, Verb.MOVED, moved, set_to(area=self.area))
            self.agent = agent_for(self.area.item_id, self.beginning.day, self.rng)
        if self._happens(ASSIGNED_SHARE):
            yield Event(self.at, Verb.ASSIGNED, SYSTEM, set_to(agent=self.agent))
        if self._happens(PASSED_ON_SHARE):
            yield from self._passing_on()

    def _passing_on(self) -> Iterator[Event]:
        """An agent opens it, and gives it to another one."""
        self._work(self._drawn(1_200))
        yield Event(self.at, Verb.OPENED, self.agent, set_to(agent=self.agent))
        before, self.agent = (
            self.agent,
            agent_for(self.area.item_id, self.beginning.day, self.rng, other_than=self.agent),
        )
        self._work(60)
        yield Event(self.at, Verb.ASSIGNED, before, set_to(agent=self.agent))

    def _handling(self, answer_s: float) -> Iterator[Event]:
        self._work(answer_s * self.rng.uniform(0.6, 0.95))
        yield Event(self.at, Verb.OPENED, self.agent, set_to(agent=self.agent))
        if self._happens(TAGGED_SHARE):
            self._work(30)
            tags = tuple(self.rng.sample(sample_data.TAGS, self.rng.choice((1, 1, 2))))
            yield Event(self.at, Verb.TAGGED, self.agent, set_to(tags=tags))
        if self._happens(COMMENTED_SHARE):
            self._work(120)
            yield Event(self.at, Verb.COMMENTED, self.agent)
        if self._happens(POSTPONED_SHARE):
            yield Event(self.at, Verb.POSTPONED, self.agent)
            self._work(self.rng.uniform(*EXPERT_S))
        if self._happens(EXPERT_SHARE):
            yield Event(self.at, Verb.FORWARDED, self.agent, set_to(forwarded=True))
            self._work(self.rng.uniform(*EXPERT_S))
        self._work(answer_s * self.rng.uniform(0.05, 0.3))

    def _answering(self) -> Iterator[Event]:
        at = self.at

        def answer(errand: Errand) -> None:
            self.answer(errand)
            errand.answered_at = at

        if self._happens(LEFT_OPEN_SHARE):
            yield Event(at, Verb.ANSWERED, self.agent, answer)
            self._work(self.rng.uniform(*CLOSED_AFTER_S))
            yield Event(self.at, Verb.CLOSED, self.agent, set_to(closed_at=self.at))
            return

        def answer_and_close(errand: Errand) -> None:
            answer(errand)
            errand.closed_at = at

        yield Event(at, Verb.ANSWERED_AND_CLOSED, self.agent, answer_and_close)

    def _after(self, *, is_late: bool) -> Iterator[Event]:
        while self._happens(REOPENED_SHARE * (2 if is_late else 1)):
            self.at += round(self.rng.uniform(*REOPENED_AFTER_S))
            yield Event(self.at, Verb.REOPENED, SYSTEM, set_to(closed_at=None))
            yield from self._handling(self._time_to_answer())
            yield from self._answering()
        if self._happens(RATED_SHARE):
            self.at += round(self.rng.uniform(*RATED_AFTER_S))
            weights = FEEDBACK_LATE if is_late else FEEDBACK_IN_TIME
            [feedback] = self.rng.choices(range(len(weights)), weights)
            yield Event(self.at, Verb.RATED, SYSTEM, set_to(feedback=feedback))

    def _time_to_answer(self) -> float:
        """Return after how many seconds of opening hours it is answered, if nothing holds it up."""
        beginning, staffing = self.beginning, STAFFING[self.area.item_id]
        if self._happens(FORGOTTEN_SHARE):
            return self.rng.uniform(*FORGOTTEN_S)
        usual_s = staffing.answer_s * PACE[self.agent.item_id]
        usual_s *= max(volume.load(beginning.day), 0.7) ** QUEUE
        usual_s *= BY_SERVICE.get(beginning.service.name, 1)
        if sample_data.priority_of(beginning.topic):
            usual_s *= HIGH_PRIORITY
        return self._drawn(usual_s)

    def _drawn(self, median_s: float) -> float:
        return median_s * self.rng.lognormvariate(0, SPREAD)

    def _work(self, open_s: float) -> None:
        """Let so many seconds of opening hours pass."""
        self.at = later(self.area.item_id, self.at, max(open_s, 5), self.zone)

    def _happens(self, share: float) -> bool:
        return self.rng.random() < share


def sla_s(beginning: Beginning) -> float:
    """Return within how many seconds of opening hours an errand is to be answered."""
    high = sample_data.priority_of(beginning.topic) != ""
    return STAFFING[beginning.area.item_id].sla_s * (0.5 if high else 1)
