"""The list as a state machine: no order of events loses a change."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.model.cention import ANSWERS, REACTIONS, Errand, Named, Reaction
from tests.model.drains import Drain
from tests.model.world import ERRANDS, LEASE_S, ModelConnections, World, open_model_connections
from workers.sync.store.wanted import Claimed

# Short examples find more: later events often repair a loss. MODEL_EXAMPLES=20000 is a
# long run; the default fits into `make test`.
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "200"))
STEPS = int(os.environ.get("MODEL_STEPS", "12"))
# Hypothesis follows each example with several that hardly differ from it; where an example takes
# long, a new example is worth more. Of two examples the first does nothing.
SETTINGS = settings(
    max_examples=2,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
    database=None,
    print_blob=True,
)

NONE_SENT, ALL_ANSWERED, UNANSWERED = WITH_REQUESTS = (
    "not at all",
    "for all, and received the answers",
    "for all, and the requests are under way",
)


@dataclass(frozen=True)
class Request(Named):
    """A fetch that a drain may begin."""

    drain: Drain
    claimed: Claimed

    def __repr__(self) -> str:
        return f"request of {self.drain} for errand {self.claimed.remote_id}"


@dataclass(frozen=True)
class Pair(Named):
    """Two drains, of which one takes over from the other."""

    slow: Drain
    fast: Drain

    def __repr__(self) -> str:
        return f"{self.slow} by {self.fast}"


@dataclass(frozen=True)
class Event(Named):
    """Something that happens apart from the drains."""

    words: str
    happen: Callable[[World, Errand], None]

    def __repr__(self) -> str:
        return self.words


def delete_or_restore(_: World, errand: Errand) -> None:
    errand.exists = not errand.exists
    errand.change()
    note(f"# {errand} {'is back' if errand.exists else 'is gone'}")


def begin_slow_poll(world: World, _: Errand) -> None:
    world.slow_poll = world.cention.changed()


def finish_slow_poll(world: World, _: Errand) -> None:
    if world.slow_poll:
        world.poll(world.slow_poll)
        world.slow_poll = None


EVENTS = (
    Event("it is deleted or restored at Cention", delete_or_restore),
    Event("a poll lists all flagged errands", lambda world, _: world.poll(world.cention.changed())),
    Event("a slow poll sends its request", begin_slow_poll),
    Event("the slow poll receives its list", finish_slow_poll),
    Event("an operator wants it", lambda world, errand: world.want(errand, at_once=True)),
    Event("it fails for the eleventh time", lambda world, errand: world.fail_often(errand)),
)


def chosen(among: Callable[[WantedList], list[Any]]) -> st.SearchStrategy[Any]:
    """One of the choices at this moment."""
    return st.runner().flatmap(lambda machine: st.sampled_from(among(machine)))


def offers(among: Callable[[WantedList], list[Any]]) -> Callable[[Any], Any]:
    """Only while there is something to choose from."""
    return precondition(lambda machine: bool(among(machine)))


def step(**drawn: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Make a rule after which all invariants are checked."""

    def make(method: Any) -> Any:
        @wraps(method)
        def checked(self: WantedList, **chosen: Any) -> None:
            method(self, **chosen)
            self.world.check()

        return rule(**drawn)(checked)

    return make


def errands(machine: WantedList) -> list[Errand]:
    return machine.world.cention.errands


def startable(machine: WantedList) -> list[Drain]:
    if not any(seen.listed and not seen.parked for seen in machine.world.before.values()):
        return []
    return [drain for drain in machine.world.drains if drain.run is None]


def running(machine: WantedList) -> list[Drain]:
    return [drain for drain in machine.world.drains if drain.run]


def with_outcomes(machine: WantedList) -> list[Drain]:
    return [drain for drain in machine.world.drains if drain.has_outcomes]


def connected(machine: WantedList) -> list[Drain]:
    return [drain for drain in running(machine) if not drain.is_cut]


def killable(machine: WantedList) -> list[Drain]:
    """Return the drains that may be killed.

    A drain suspended for longer than a lease between its deadline check and its request is the only
    one to know of the change whose flag that request has cleared. It wants the record again, unless
    it is killed before that, which is not covered here.
    """
    return [drain for drain in running(machine) if not drain.is_suspended]


def overtaking(machine: WantedList) -> list[Pair]:
    drains = machine.world.drains
    return [Pair(slow, fast) for slow in connected(machine) for fast in drains if fast.run is None]


def open_requests(machine: WantedList) -> list[Errand]:
    return machine.world.cention.open_requests


def slow_requests(machine: WantedList) -> list[Request]:
    return [Request(drain, claimed) for drain in running(machine) for claimed in drain.under_way]


def requests(machine: WantedList) -> list[Request]:
    return [Request(drain, claimed) for drain in running(machine) for claimed in drain.not_fetched]


class WantedList(RuleBasedStateMachine):
    """All events that affect the list, in any order."""

    def __init__(self, model_connections: ModelConnections) -> None:
        super().__init__()
        self.world = World(model_connections)

    @initialize(errands=st.integers(1, ERRANDS))
    def all_have_changed_and_are_listed(self, errands: int) -> None:
        del self.world.cention.errands[errands:]
        for errand in self.world.cention.errands:
            errand.change()
        self.world.poll(self.world.cention.changed())
        self.world.check()

    @step(errand=chosen(errands), computing_sla=st.booleans(), listed_at_once=st.booleans())
    def changes_at_cention(self, errand: Errand, computing_sla: bool, listed_at_once: bool) -> None:
        if errand.exists:
            self.world.cention.changes += 1
            errand.change(computing_sla=computing_sla)
        if listed_at_once:
            self.world.poll(self.world.cention.changed())

    @step(errand=chosen(errands))
    def changes_without_a_flag_and_a_callback_names_it(self, errand: Errand) -> None:
        if errand.exists:
            self.world.cention.changes += 1
            errand.change(flagged=errand.flagged)
        self.world.want(errand)

    @step(event=st.sampled_from(EVENTS), errand=chosen(errands))
    def meanwhile(self, event: Event, errand: Errand) -> None:
        event.happen(self.world, errand)

    @step()
    def all_waiting_times_and_pauses_end(self) -> None:
        self.world.let_waiting_end()

    @step(though_suspended=st.booleans())
    def all_doubts_end_whose_requests_have_come(self, though_suspended: bool) -> None:
        self.world.let_doubts_end(though_suspended=though_suspended)

    @offers(open_requests)
    @step(errand=chosen(open_requests), having_changed=st.booleans())
    def an_abandoned_request_takes_effect(self, errand: Errand, having_changed: bool) -> None:
        if having_changed and errand.exists:
            self.world.cention.changes += 1
            errand.change()
        self.world.cention.take_effect(errand)

    @offers(startable)
    @step(drain=chosen(startable))
    def starts(self, drain: Drain) -> None:
        note(f"# {drain} {self.world.start(drain)}")

    @offers(startable)
    @step(drain=chosen(startable), and_writes=st.booleans())
    def starts_and_fetches_all(self, drain: Drain, and_writes: bool) -> None:
        self._start_and_fetch_all(drain)
        if and_writes and drain.run:
            note(f"# {drain} {self.world.write(drain)}")

    @offers(running)
    @step(drain=chosen(running))
    def claims_another_batch(self, drain: Drain) -> None:
        note(f"# {drain} {self.world.claim_more(drain)}")

    @offers(requests)
    @step(request=chosen(requests), reaction=st.sampled_from(REACTIONS))
    def fetches(self, request: Request, reaction: Reaction) -> None:
        self.world.cention.reaction = reaction
        request.drain.fetch(request.claimed)
        self.world.cention.reaction = ANSWERS

    @offers(requests)
    @step(request=chosen(requests))
    def begins_a_slow_fetch(self, request: Request) -> None:
        if not request.drain.begin_slow_fetch(request.claimed):
            note(f"# {request.drain} finds its deadline passed")

    @offers(slow_requests)
    @step(request=chosen(slow_requests))
    def finishes_a_slow_fetch(self, request: Request) -> None:
        request.drain.finish_slow_fetch(request.claimed)

    @offers(with_outcomes)
    @step(drain=chosen(with_outcomes))
    def writes(self, drain: Drain) -> None:
        note(f"# {drain} {self.world.write(drain)}")

    @offers(running)
    @step(drain=chosen(running))
    def fetches_the_rest_and_writes(self, drain: Drain) -> None:
        note(f"# {drain} {self.world.finish(drain)}")

    @offers(killable)
    @step(drain=chosen(killable), with_requests=st.sampled_from(WITH_REQUESTS))
    def is_killed(self, drain: Drain, with_requests: str) -> None:
        for claimed in list(drain.not_fetched) if with_requests != NONE_SENT else ():
            if with_requests == ALL_ANSWERED:
                drain.fetch(claimed)
            else:
                drain.begin_slow_fetch(claimed)
        self.world.kill(drain)

    @offers(connected)
    @step(drain=chosen(connected))
    def loses_its_session_unnoticed(self, drain: Drain) -> None:
        drain.cut(self.world.model_connections.closed)

    @offers(running)
    @step(drain=chosen(running), until_lease_ends=st.booleans())
    def is_slow(self, drain: Drain, until_lease_ends: bool) -> None:
        if until_lease_ends:
            self.world.let_lease_end(drain)
        else:
            drain.lose_time(LEASE_S / 2)

    @offers(overtaking)
    @step(pair=chosen(overtaking), slow_fetches=st.booleans(), until_session_ends=st.booleans())
    def is_overtaken(self, pair: Pair, slow_fetches: bool, until_session_ends: bool) -> None:
        for claimed in list(pair.slow.not_fetched) if slow_fetches else ():
            pair.slow.begin_slow_fetch(claimed)
        if until_session_ends:
            pair.slow.cut(self.world.model_connections.closed)
        else:
            self.world.let_lease_end(pair.slow)
        self._start_and_fetch_all(pair.fast)

    def _start_and_fetch_all(self, drain: Drain) -> None:
        note(f"# {drain} {self.world.start(drain)}")
        for claimed in list(drain.not_fetched):
            drain.fetch(claimed)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                note("# now no new events happen")
                self.world.settle_down()
        finally:
            for drain in self.world.drains:
                drain.kill()


@pytest.fixture
def model_connections(database: str) -> Iterator[ModelConnections]:
    with open_model_connections(database) as opened:
        yield opened


def test_after_any_story_every_record_is_the_newest_and_none_is_wanted(
    model_connections,
):
    for _ in range(EXAMPLES):
        run_state_machine_as_test(lambda: WantedList(model_connections), settings=SETTINGS)
