"""Stories that the state machine of invitations found without a guard; each fails without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.embedded import Postgres
from tests.model.survey_vendor import REPLIES, TAKES, Inviter, Reply
from tests.model.survey_world import (
    DAY,
    HOUR,
    MINUTE,
    SurveyConnections,
    SurveyWorld,
    open_survey_connections,
)
from tests.support.databases import database_copy

REPLY = {str(reply): reply for reply in REPLIES}
LOST: Reply = REPLY["takes it, and its answer is lost"]
NOBODY: Reply = REPLY["fails, and writes to nobody"]
BUSY: Reply = REPLY["is busy"]


@pytest.fixture(scope="module")
def connections(postgres: Postgres, template: str) -> Iterator[SurveyConnections]:
    """One database for all stories: each has a workspace of its own."""
    with database_copy(postgres, template) as url, open_survey_connections(url) as opened:
        yield opened


@pytest.fixture
def world(connections: SurveyConnections) -> Iterator[SurveyWorld]:
    """One errand that was answered an hour ago."""
    made = SurveyWorld(connections)
    made.answer_errand(made.errands[0])
    made.let_pass(HOUR)
    yield made
    for inviter in made.inviters:
        inviter.kill()


@pytest.fixture
def inviters(world: SurveyWorld) -> list[Inviter]:
    return world.inviters


def reply(world: SurveyWorld, inviter: Inviter, how: Reply) -> None:
    world.reply(inviter, inviter.requests[0], how)
    world.check()


def only(world: SurveyWorld) -> dict[str, object]:
    [invitation] = world.invitations()
    return invitation


def test_two_processes_that_decide_at_once_make_one_decision(world):
    world.decide(beside=True)

    world.check()
    world.settle_down()


def test_a_decider_that_dies_before_it_commits_has_decided_nothing(world):
    world.decide(dies=True)

    assert world.invitations() == []
    world.settle_down()


def test_two_inviters_do_not_send_the_same_invitation(world, inviters):
    a, b = inviters
    world.decide()
    world.start(a)

    assert world.start(b) == "finds nothing to do"
    world.settle_down()


@pytest.mark.parametrize("written", [False, True])
def test_what_a_killed_inviter_was_sending_is_not_sent_again(world, inviters, written):
    a, b = inviters
    world.decide()
    world.start(a)
    if written:
        world.write_to_person(a.requests[0])
    world.kill(a)

    assert world.start(b) == "finds nothing to do"
    assert only(world)["state"] == "unknown"
    world.settle_down()
    assert len(world.messages) == written


def test_what_a_living_inviter_is_sending_is_left_alone(world, inviters):
    a, b = inviters
    world.decide()
    world.start(a)
    world.start(b)

    assert only(world)["state"] == "sending"
    reply(world, a, TAKES)
    assert only(world)["state"] == "triggered"


@pytest.mark.parametrize("how", [LOST, NOBODY], ids=str)
def test_an_unknown_outcome_counts_as_sent_for_other_errands_of_the_person(world, inviters, how):
    world.decide()
    world.start(inviters[0])
    reply(world, inviters[0], how)
    world.answer_errand(world.errands[2])  # of the same person
    world.let_pass(HOUR)
    world.decide()

    assert len(world.invitations()) == 1
    world.settle_down()


def test_an_answer_settles_its_invitation_before_the_vendor_replies(world, inviters):
    [a, b] = inviters
    world.decide()
    world.start(a)
    world.write_to_person(a.requests[0])
    world.answer_survey(world.messages[0])
    world.kill(a)
    world.start(b)

    world.check()
    assert only(world)["settled_by"] == "answer"
    world.settle_down()


def test_an_answer_after_a_restore_settles_what_is_due_again(world, inviters):
    world.decide()
    world.back_up()
    world.start(inviters[0])
    reply(world, inviters[0], TAKES)
    world.restore()
    world.answer_survey(world.messages[0])

    world.check()
    world.settle_down()
    assert len(world.messages) == 1


def test_a_restored_database_invites_nobody_until_an_operator_says_so(world, inviters):
    world.decide()
    world.back_up()
    world.restore()

    assert world.start(inviters[0]) == "finds nothing to do"
    world.settle_down()


def test_who_objects_while_the_vendor_is_busy_is_not_asked(world, inviters):
    world.decide()
    world.start(inviters[0])
    world.opt_out(0)
    reply(world, inviters[0], BUSY)
    world.let_pass(HOUR)

    assert world.start(inviters[0]) == "finds nothing to do"
    world.settle_down()
    assert world.messages == []


def test_what_was_opened_again_is_decided_at_its_next_answer(world, inviters):
    world.decide()
    world.reopen(world.errands[0])

    assert world.start(inviters[0]) == "finds nothing to do"
    assert world.invitations() == []
    world.settle_down()


def test_an_invitation_that_a_busy_vendor_delays_beyond_the_quiet_period_counts(world, inviters):
    world.decide()
    for _ in range(2):
        world.start(inviters[0])
        reply(world, inviters[0], BUSY)
        world.let_pass(DAY)
    world.answer_errand(world.errands[2])
    world.let_pass(HOUR)
    world.decide()

    assert len(world.invitations()) == 1
    world.settle_down()


def test_missing_is_believed_after_ten_minutes_only(world, inviters):
    world.decide()
    world.start(inviters[0])
    world.kill(inviters[0])
    world.resolve(only(world))
    unknown = only(world)["state"]
    world.let_pass(10 * MINUTE)
    world.resolve(only(world))

    assert (unknown, only(world)["state"]) == ("unknown", "due")
    world.settle_down()


@pytest.mark.parametrize("sent", [False, True])
def test_what_is_missing_is_not_sent_when_the_person_was_invited_since(world, inviters, sent):
    """The quiet period of one day is over before the time of the first invitation is."""
    world.decide()
    world.start(inviters[0])
    reply(world, inviters[0], NOBODY)
    world.let_pass(DAY)
    world.answer_errand(world.errands[2])
    world.let_pass(HOUR)
    world.decide()
    if sent:
        world.start(inviters[0])
        reply(world, inviters[0], TAKES)
    first = next(one for one in world.invitations() if one["state"] == "unknown")
    world.resolve(first)

    states = {one["invitation_id"]: one for one in world.invitations()}
    resolved = states[first["invitation_id"]]
    assert (resolved["state"], resolved["problem"]) == ("withdrawn", "quiet")
    world.settle_down()
