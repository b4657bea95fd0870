"""A believable contact centre of any size, made from the rules of the sandbox's history.

Errands, their actions, what fetches found of them, callbacks of answers and surveys, as plain facts
from which figures can be computed by hand. The same numbers give the same centre.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from deploy.sandbox.resources import logons
from deploy.sandbox.resources.logons import Logon
from deploy.sandbox.world import sample_data
from deploy.sandbox.world.history import volume
from deploy.sandbox.world.history.beginning import Arrivals, Beginning
from deploy.sandbox.world.history.life import MAX_S, Life, sla_s
from deploy.sandbox.world.history.staffing import AWAY_WEEKS, open_seconds
from deploy.sandbox.world.records import Verb
from deploy.sandbox.world.sample_data import NO_AGENT, Area, Named

ONE_DAY = timedelta(days=1)
IDS_PER_LAYER = 10**12  # a layer is one centre of the sandbox's size; larger ones have several
IDS_PER_DAY = 10**8
IDS_PER_ERRAND = 1_000
FIRST_DAY = date(2015, 1, 1)
ANSWERS = (Verb.ANSWERED, Verb.ANSWERED_AND_CLOSED)
CLOSINGS = (Verb.CLOSED, Verb.ANSWERED_AND_CLOSED)

# Shares of errands or events, for what a bridge meets.
SEEN_SHARE = 0.85  # of the events: fetched before the next one
CALLBACK_SHARE = 0.95  # of the answers
DONE_SHARE = 0.7  # of the closed: the report has a date
NO_LOG_SHARE = 0.06  # of the errands: without actions
LATE_SHARE = 0.04  # of the errands: some of the first fetches were before the bridge was there
GONE_SHARE = 0.01  # of the errands: gone in the end
DELETED_GONE_SHARE = 0.3  # of the deleted: gone in the end
BACK_SHARE = 0.01  # of the others: gone and back again
UNDATED_SHARE = 0.002  # of the errands: without an arrival
SURVEY_SHARE = 0.2  # of the answered
UNVERIFIED_SHARE = 0.1  # of the surveys
LOST_LOGOUT_SHARE = 0.02  # of the log-outs: never logged

AGENT_OF_LOGIN = {"asa.lindqvist": 31, "nur": 32, "jurgen@nordkust.example": 40, "王小明": 57}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A line of Cention's log."""

    action_id: int
    at: int  # epoch seconds, as all times here
    verb: Verb
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What fetches found from ``valid_from`` on."""

    valid_from: int
    valid_to: int | None
    changed_at: int | None
    fetched_at: int
    state: str
    area_id: int
    agent_id: int | None
    closed: bool
    answered: bool
    deleted: bool
    tag_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A survey that a customer answered: its scores by kind."""

    session_id: int
    at: int
    verified: bool
    csat: int  # 1 to 5
    nps: int  # 0 to 10


@dataclass(slots=True, kw_only=True)
class Errand:
    """An errand with everything that is stored about it."""

    errand_id: int
    arrived_at: int | None
    service_id: int
    organisation_id: int
    area_id: int
    agent_id: int | None
    address: str | None
    closed: bool
    deleted: bool
    gone_at: int | None
    answered_at: int | None
    done_at: int | None
    within_sla: bool | None
    feedback_value: int | None
    fetched_at: int
    tag_ids: tuple[int, ...]
    actions: list[Action]
    versions: list[Version]
    callbacks: list[int]  # when each answer came
    surveys: list[Survey]


@dataclass(slots=True, kw_only=True)
class _State:
    """An errand while events happen to it."""

    area: Area
    agent: Named = NO_AGENT
    tags: tuple[Named, ...] = ()
    answered_at: int | None = None
    closed_at: int | None = None
    deleted: bool = False
    forwarded: bool = False
    feedback: int | None = None

    def row(self) -> tuple[object, ...]:
        """Return what a version consists of."""
        closed, answered = self.closed_at is not None, self.answered_at is not None
        state = (
            (self.deleted and "deleted") or (closed and "closed") or (answered and "answered")
        ) or "open"
        tag_ids = tuple(sorted(one.item_id for one in self.tags))
        agent_id = self.agent.item_id or None
        return state, self.area.item_id, agent_id, closed, answered, self.deleted, tag_ids


@dataclass(frozen=True, kw_only=True)
class Centre:
    """All errands that arrived on ``days`` days before ``until``, as they are then."""

    errands: int  # about so many
    days: int = 730
    until: datetime = datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Stockholm"))
    seed: int = 1
    zone: ZoneInfo = field(default=ZoneInfo("Europe/Stockholm"))
    looks: float = 0  # how often agents open an errand besides, on average

    def all_errands(self) -> Iterator[Errand]:
        """Yield the errands, day by day."""
        dates = self._dates()
        of_layer = sum(volume.ERRANDS_PER_DAY * volume.load(day) for day in dates)
        layers = max(1, round(self.errands / of_layer))
        share = self.errands / (layers * of_layer)
        for day in dates:
            for layer in range(layers):
                yield from self._day(day, layer, share)

    def logons(self) -> Iterator[Logon]:
        """Yield the log-ins and log-outs; none in the weeks in which an agent is away."""
        arrivals = Arrivals(self.seed * 1_000, self.zone)
        for day in self._dates():
            rng, week = arrivals.rng("lost", day), day.isocalendar().week
            for one in logons.workday(day, arrivals):
                agent_id = AGENT_OF_LOGIN.get(one.name)
                is_away = agent_id is not None and (week + agent_id) % AWAY_WEEKS == 0
                is_lost = one.action == "Logout" and rng.random() < LOST_LOGOUT_SHARE
                if one.group == logons.OWN_GROUP and not is_away and not is_lost:
                    yield one

    def _dates(self) -> list[date]:
        last = self.until.astimezone(self.zone).date()
        return [last - ago * ONE_DAY for ago in range(self.days, 0, -1)]

    def _day(self, day: date, layer: int, share: float) -> Iterator[Errand]:
        arrivals = Arrivals(self.seed * 1_000 + layer, self.zone)
        for place in range(len(arrivals.moments(day))):
            rng = arrivals.rng("kept", day, place)
            if rng.random() < share:
                yield self._errand(arrivals.beginning(day, place), layer, rng)

    def _errand(self, beginning: Beginning, layer: int, rng: random.Random) -> Errand:
        day_place = (
            beginning.day - FIRST_DAY
        ).days * IDS_PER_DAY + beginning.place * IDS_PER_ERRAND
        errand_id = layer * IDS_PER_LAYER + day_place
        life = Life(beginning=beginning, rng=rng, zone=self.zone, answer=lambda errand: None)
        state = _State(area=life.first_area)
        until = min(int(self.until.timestamp()), beginning.arrived_at + MAX_S)
        actions: list[Action] = []
        seen: list[tuple[int, tuple[object, ...]]] = []
        for number, event in enumerate(life.events()):
            if event.at >= until or number == IDS_PER_ERRAND - 1:
                break
            event.apply(state)  # type: ignore[arg-type]
            action = Action(
                action_id=errand_id + number, at=event.at, verb=event.verb, agent=event.agent.name
            )
            actions.append(action)
            if rng.random() >= SEEN_SHARE and seen:
                seen.pop()  # nobody fetched it before this event
            seen.append((event.at, state.row()))
        errand = _finished(errand_id, beginning, state, actions, seen, rng, self.zone)
        if self.looks and errand.actions:
            errand.actions += self._looks(actions)
        return errand

    def _looks(self, actions: list[Action]) -> list[Action]:
        last = actions[-1]
        rng = random.Random(f"looks {last.action_id}")
        count = min(round(rng.expovariate(1 / self.looks)), IDS_PER_ERRAND - len(actions) - 1)
        times = (rng.randint(actions[0].at, last.at + 3_600) for _ in range(count))
        agents = [one.agent for one in actions]
        return [
            Action(action_id=action_id, at=at, verb=Verb.OPENED, agent=rng.choice(agents))
            for action_id, at in enumerate(times, last.action_id + 1)
        ]


def _finished(
    errand_id: int,
    beginning: Beginning,
    state: _State,
    actions: list[Action],
    seen: list[tuple[int, tuple[object, ...]]],
    rng: random.Random,
    zone: ZoneInfo,
) -> Errand:
    """Return the errand with what reports, callbacks and surveys say of its life."""
    answers = [one.at for one in actions if one.verb in ANSWERS]
    if rng.random() < LATE_SHARE:
        seen = seen[rng.randrange(len(seen)) :]
    versions = _versions(seen)
    first = answers[0] if answers else state.closed_at or actions[-1].at
    waited_s = open_seconds(beginning.area.item_id, beginning.arrived_at, first, zone)
    gone_at = None
    if rng.random() < (DELETED_GONE_SHARE if state.deleted else GONE_SHARE):
        gone_at = versions[-1].fetched_at + 7_200
        versions = _gone(versions, gone_at)
    elif rng.random() < BACK_SHARE:
        versions = _back(_gone(versions, versions[-1].fetched_at + 7_200))
    surveys = []
    if answers and rng.random() < SURVEY_SHARE:
        surveys = [
            _survey(errand_id + number, answers[-1], rng) for number in range(rng.choice((1, 1, 2)))
        ]
    done = state.closed_at is not None and rng.random() < DONE_SHARE
    return Errand(
        errand_id=errand_id,
        arrived_at=_minute(beginning.arrived_at) if rng.random() >= UNDATED_SHARE else None,
        service_id=beginning.service.item_id,
        organisation_id=beginning.area.organisation.item_id,
        area_id=state.area.item_id,
        agent_id=state.agent.item_id or None,
        address=beginning.person.address or None,
        closed=state.closed_at is not None,
        deleted=state.deleted,
        gone_at=gone_at,
        answered_at=_minute(answers[-1]) if answers else None,
        done_at=_minute(state.closed_at) if done and state.closed_at else None,
        within_sla=waited_s <= sla_s(beginning) if not state.deleted else None,
        feedback_value=None if state.feedback is None else sample_data.FEEDBACK[state.feedback][1],
        fetched_at=versions[-1].fetched_at,
        tag_ids=tuple(sorted(one.item_id for one in state.tags)),
        actions=actions if rng.random() >= NO_LOG_SHARE else [],
        versions=versions,
        callbacks=[at + rng.randrange(3) for at in answers if rng.random() < CALLBACK_SHARE],
        surveys=surveys,
    )


def _versions(seen: list[tuple[int, tuple[object, ...]]]) -> list[Version]:
    """Return one version for each fetch, some seconds after an event, that found a change."""
    found: list[Version] = []
    for at, row in seen:
        fetched_at = at + 3
        state, area_id, agent_id, closed, answered, deleted, tag_ids = row
        version = Version(
            valid_from=fetched_at, valid_to=None, changed_at=at, fetched_at=fetched_at,
            state=state, area_id=area_id, agent_id=agent_id, closed=closed, answered=answered,
            deleted=deleted, tag_ids=tag_ids,
        )  # type: ignore[arg-type]  # fmt: skip
        if found and fetched_at <= found[-1].valid_from:
            continue
        if found and _same(found[-1], version):
            found[-1] = _with(found[-1], fetched_at=fetched_at)
            continue
        if found:
            found[-1] = _with(found[-1], valid_to=fetched_at)
        found.append(version)
    return found


def _gone(versions: list[Version], at: int) -> list[Version]:
    last = versions[-1]
    return [
        *versions[:-1],
        _with(last, valid_to=at),
        _with(last, valid_from=at, fetched_at=at, changed_at=None, state="gone"),
    ]


def _back(versions: list[Version]) -> list[Version]:
    """Return the history of an errand that is gone, after a fetch that finds it as it was."""
    *before, present, gone = versions
    at = gone.valid_from + 3_600
    closed = _with(gone, valid_to=at)
    back = _with(present, valid_from=at, valid_to=None, fetched_at=at)
    return [*before, present, closed, back]


def _same(one: Version, other: Version) -> bool:
    names = ("state", "area_id", "agent_id", "closed", "answered", "deleted", "tag_ids")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _with(version: Version, **changes: object) -> Version:
    values = {name: getattr(version, name) for name in Version.__slots__}
    return Version(**(values | changes))  # type: ignore[arg-type]


def _survey(session_id: int, after: int, rng: random.Random) -> Survey:
    return Survey(
        session_id=session_id,
        at=after + rng.randrange(600, 200_000),
        verified=rng.random() >= UNVERIFIED_SHARE,
        csat=rng.choices((1, 2, 3, 4, 5), (1, 1, 2, 5, 6))[0],
        nps=rng.choices(range(11), (2, 1, 1, 1, 1, 2, 2, 4, 6, 6, 7))[0],
    )


def _minute(at: int) -> int:
    return at // 60 * 60
