"""Invitations as a state machine: no order of events asks anybody twice, or forgets an errand."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.model.cention import Named
from tests.model.survey_vendor import REPLIES, Inviter, Message, Reply, Request
from tests.model.survey_world import (
    DAY,
    HOUR,
    MINUTE,
    PERSONS,
    Errand,
    SurveyConnections,
    SurveyWorld,
    open_survey_connections,
)
from tests.model.test_wanted_list import SETTINGS

EXAMPLES = int(os.environ.get("SURVEY_MODEL_EXAMPLES", "40"))
TIMES = st.sampled_from([timedelta(seconds=10), 20 * MINUTE, HOUR, 8 * HOUR, DAY])


@dataclass(frozen=True)
class UnderWay(Named):
    """A request of an inviter."""

    inviter: Inviter
    request: Request

    def __repr__(self) -> str:
        return f"{self.request} of {self.inviter}"


def chosen(among: Callable[[Invitations], list[Any]]) -> st.SearchStrategy[Any]:
    """One of the choices at this moment."""
    return st.runner().flatmap(lambda machine: st.sampled_from(among(machine)))


def offers(among: Callable[[Invitations], list[Any]]) -> Callable[[Any], Any]:
    """Only while there is something to choose from."""
    return precondition(lambda machine: bool(among(machine)))


def step(**drawn: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Make a rule after which all invariants are checked."""

    def make(method: Any) -> Any:
        @wraps(method)
        def checked(self: Invitations, **chosen: Any) -> None:
            method(self, **chosen)
            self.world.check()

        return rule(**drawn)(checked)

    return make


def errands(machine: Invitations) -> list[Errand]:
    return machine.world.errands


def answered(machine: Invitations) -> list[Errand]:
    return [errand for errand in machine.world.errands if errand.answered_at]


def idle(machine: Invitations) -> list[Inviter]:
    return [inviter for inviter in machine.world.inviters if inviter.run is None]


def running(machine: Invitations) -> list[Inviter]:
    return [inviter for inviter in machine.world.inviters if inviter.run]


def under_way(machine: Invitations) -> list[UnderWay]:
    return [UnderWay(i, request) for i in machine.world.inviters for request in i.requests]


def not_written(machine: Invitations) -> list[UnderWay]:
    return [one for one in under_way(machine) if not one.request.is_written]


def lost(machine: Invitations) -> list[Request]:
    return machine.world.given.lost


def unanswered(machine: Invitations) -> list[Message]:
    world = machine.world
    return [one for one in world.messages if one.reference not in world.given.answered]


def with_state(*states: str) -> Callable[[Invitations], list[Any]]:
    def among(machine: Invitations) -> list[Any]:
        return [one for one in machine.world.invitations() if one["state"] in states]

    return among


due, unknown = with_state("due"), with_state("unknown")


def backed_up(machine: Invitations) -> list[Any]:
    return [machine.world.backup] if machine.world.backup else []


class Invitations(RuleBasedStateMachine):
    """All events that affect invitations, in any order."""

    def __init__(self, connections: SurveyConnections) -> None:
        super().__init__()
        self.world = SurveyWorld(connections)

    @initialize(several=st.booleans(), decided=st.booleans())
    def errands_are_answered(self, several: bool, decided: bool) -> None:
        for errand in self.world.errands[: 3 if several else 1]:
            self.world.answer_errand(errand)
        if decided:
            self.world.let_pass(HOUR)
            note(f"# {self.world.decide()}")

    @step(errand=chosen(errands))
    def is_answered(self, errand: Errand) -> None:
        self.world.answer_errand(errand)

    @offers(answered)
    @step(errand=chosen(answered), answered_again=st.booleans())
    def is_reopened(self, errand: Errand, answered_again: bool) -> None:
        self.world.reopen(errand)
        if answered_again:
            self.world.answer_errand(errand)

    @step(time=TIMES)
    def time_passes(self, time: timedelta) -> None:
        self.world.let_pass(time)

    @step(dies=st.booleans(), beside=st.booleans())
    def is_decided(self, dies: bool, beside: bool) -> None:
        note(f"# {self.world.decide(dies=dies, beside=beside)}")

    @step(time=TIMES)
    def time_passes_and_all_is_decided(self, time: timedelta) -> None:
        self.world.let_pass(time)
        note(f"# {self.world.decide()}")

    @offers(idle)
    @step(inviter=chosen(idle))
    def starts(self, inviter: Inviter) -> None:
        note(f"# {inviter} {self.world.start(inviter)}")

    @offers(running)
    @step(inviter=chosen(running))
    def claims_more(self, inviter: Inviter) -> None:
        self.world.claim_more(inviter)

    @offers(under_way)
    @step(one=chosen(under_way), reply=st.sampled_from(REPLIES))
    def the_vendor_replies(self, one: UnderWay, reply: Reply) -> None:
        if reply.writes or not one.request.is_written:
            self.world.reply(one.inviter, one.request, reply)

    @offers(not_written)
    @step(one=chosen(not_written), answered=st.booleans())
    def the_vendor_writes_before_it_replies(self, one: UnderWay, answered: bool) -> None:
        self.world.write_to_person(one.request)
        if answered:
            self.world.answer_survey(self.world.messages[-1])

    @offers(idle)
    @step(inviter=chosen(idle), reply=st.sampled_from(REPLIES))
    def starts_and_the_vendor_replies_the_same_to_all(self, inviter: Inviter, reply: Reply) -> None:
        note(f"# {inviter} {self.world.start(inviter)}")
        while inviter.requests:
            self.world.reply(inviter, inviter.requests[0], reply)

    @offers(running)
    @step(inviter=chosen(running), written=st.booleans())
    def is_killed(self, inviter: Inviter, written: bool) -> None:
        for request in inviter.requests:
            if written and not request.is_written:
                self.world.write_to_person(request)
        self.world.kill(inviter)

    @offers(lost)
    @step(request=chosen(lost))
    def a_request_of_a_dead_inviter_takes_effect(self, request: Request) -> None:
        self.world.given.lost.remove(request)
        self.world.write_to_person(request)

    @offers(unanswered)
    @step(message=chosen(unanswered))
    def the_person_answers(self, message: Message) -> None:
        self.world.answer_survey(message)

    @offers(due)
    @step(invitation=chosen(due))
    def an_operator_withdraws(self, invitation: dict[str, Any]) -> None:
        self.world.withdraw(invitation["invitation_id"])

    @offers(unknown)
    @step(invitation=chosen(unknown))
    def an_operator_finds_out(self, invitation: dict[str, Any]) -> None:
        self.world.resolve(invitation)

    @step(held=st.booleans())
    def surveys_are_held_or_resumed(self, held: bool) -> None:
        self.world.hold(held=held)

    @step(on=st.booleans())
    def the_rule_is_switched(self, on: bool) -> None:
        self.world.switch(on=on)

    @step(person=st.integers(0, len(PERSONS) - 1))
    def a_person_opts_out(self, person: int) -> None:
        self.world.opt_out(person)

    @step()
    def a_backup_is_made(self) -> None:
        self.world.back_up()

    @offers(backed_up)
    @step()
    def the_backup_is_restored(self) -> None:
        self.world.restore()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                note("# now no new events happen")
                self.world.settle_down()
        finally:
            for inviter in self.world.inviters:
                inviter.kill()


@pytest.fixture
def connections(database: str) -> Iterator[SurveyConnections]:
    with open_survey_connections(database) as opened:
        yield opened


def test_after_any_story_nobody_is_asked_twice_and_no_errand_is_forgotten(connections):
    for _ in range(EXAMPLES):
        run_state_machine_as_test(lambda: Invitations(connections), settings=SETTINGS)
