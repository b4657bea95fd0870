"""What follows from each answer of CentraCX, and how often it may have begun a session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from schemas.surveys.centracx import NoQuestion, Question, QuestionKind, SessionStatus
from tests.support.waiting_sessions import centracx_session
from workers.clients.surveys.centracx import Replied, Started
from workers.clients.surveys.outcomes import Refused, SurelyNotSent, Unknown, VendorRefusesUs
from workers.surveys.jobs.centracx_turn import EMPTY, NO_QUESTION, CentracxTurns
from workers.surveys.rules.conversation import MAX_STARTS

FIRST = Question(text="How likely?", kind=QuestionKind.TEXT)
SECOND = Question(text="Why?", kind=QuestionKind.TEXT)
RANKING = NoQuestion(problem="The question is a Rank Order.")


@dataclass
class Vendor:
    """Answers each request with what comes next."""

    starts: list[Any] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)
    statuses: list[Any] = field(default_factory=list)
    handed_over: list[Any] = field(default_factory=list)
    asked_about: list[Any] = field(default_factory=list)

    def start(self, survey_id, *, send_until_s):
        return self.starts.pop(0)

    def reply(self, survey_id, session_id, *, answer_id, feedback, send_until_s):
        self.handed_over.append((session_id, answer_id, feedback))
        return self.replies.pop(0)

    def status(self, survey_id, session_id):
        self.asked_about.append(session_id)
        return self.statuses.pop(0)


def answer(position, forwarded, **changes):
    """Return an answer to a question that was asked for a text."""
    return {
        "position": position,
        "forwarded": forwarded,
        "choice_id": None,
        "comment": f"answer {position}",
    } | changes


def take(vendor, *forwarded, begun=True, tries=0, asked=(FIRST, SECOND), last=None):
    """Take the next turn of a session whose answers were ``forwarded``; return what follows."""
    answers = [answer(number, one) for number, one in enumerate(forwarded, 1)]
    if last is not None:
        answers[-1] |= last
    session = centracx_session(
        remote_id="at the vendor" if begun else None,
        asked=[question.document() for question in asked],
        tries=tries,
        answers=answers,
    )
    return CentracxTurns(vendor).take(session, send_until_s=0.0)


@pytest.mark.parametrize(
    ("question", "state", "problem"),
    [(FIRST, None, None), (RANKING, "stuck", RANKING.problem), (None, "stuck", NO_QUESTION)],
)
def test_a_session_that_has_begun_counts_whatever_it_asks(question, state, problem):
    started = Started(session_id="new", question=question)

    settled = take(Vendor(starts=[started]), begun=False).settled

    assert (settled.state, settled.problem) == (state, problem)
    assert (settled.remote_id, settled.starts) == ("new", 1)


@pytest.mark.parametrize(
    ("said", "starts"),
    [
        (Unknown(reason="half an answer"), 1),
        (SurelyNotSent(reason="busy"), 0),
        (VendorRefusesUs(reason="wrong key"), 0),
        (Refused(reason="no such survey"), 0),
    ],
)
@pytest.mark.parametrize("forwarded", [(), ("unknown",)])
def test_a_session_that_surely_has_not_begun_does_not_count(said, starts, forwarded):
    vendor = Vendor(starts=[said], statuses=[SessionStatus.PARTIALLY_COMPLETE])

    settled = take(vendor, *forwarded, begun=bool(forwarded)).settled

    assert (settled.problem, settled.starts) == (said.reason, starts)


@pytest.mark.parametrize("forwarded", [(), ("unknown",)])
def test_a_survey_is_begun_no_more_often_than_allowed(forwarded):
    started = Started(session_id="new", question=FIRST)

    def began(tries):
        vendor = Vendor(
            starts=[started],
            statuses=[SessionStatus.PARTIALLY_COMPLETE],
            replies=[Replied(question=SECOND)],
        )
        settled = take(vendor, *forwarded, begun=bool(forwarded), tries=tries).settled
        return settled.state, len(vendor.starts)

    assert began(MAX_STARTS - 1) == (None, 0)
    assert began(MAX_STARTS) == ("stuck", 1)


@pytest.mark.parametrize(
    ("said", "starts", "state"),
    [
        (Refused(reason="no"), 1, "stuck"),
        (SurelyNotSent(reason="busy"), 1, None),
        (Unknown(reason="half an answer"), 1, None),
    ],
)
def test_a_replay_that_fails_has_begun_a_session(said, starts, state):
    vendor = Vendor(
        starts=[Started(session_id="new", question=FIRST)],
        statuses=[SessionStatus.PARTIALLY_COMPLETE],
        replies=[said],
    )

    settled = take(vendor, "unknown").settled

    assert (settled.state, settled.problem, settled.starts) == (state, said.reason, starts)
    assert (settled.remote_id, settled.forwarded) == (None, None)


def test_a_replay_of_other_questions_has_begun_a_session():
    vendor = Vendor(
        starts=[Started(session_id="new", question=SECOND)],
        statuses=[SessionStatus.PARTIALLY_COMPLETE],
    )

    settled = take(vendor, "unknown").settled

    assert (settled.state, settled.starts, settled.remote_id) == ("stuck", 1, None)


@pytest.mark.parametrize("following", [SECOND, RANKING, None])
def test_a_replay_hands_over_every_answer_in_the_new_session(following):
    vendor = Vendor(
        starts=[Started(session_id="new", question=FIRST)],
        statuses=[SessionStatus.PARTIALLY_COMPLETE],
        replies=[Replied(question=SECOND), Replied(question=following)],
    )

    settled = take(vendor, "taken", "unknown").settled

    assert (settled.remote_id, settled.starts) == ("new", 1)
    assert (settled.forwarded, settled.positions) == ("taken", [1, 2])
    assert settled.state == ("stuck" if following is RANKING else None)


def test_answers_to_questions_that_are_not_known_are_not_replayed():
    vendor = Vendor(statuses=[SessionStatus.PARTIALLY_COMPLETE])

    settled = take(vendor, "taken", "unknown", asked=[FIRST]).settled

    assert (settled.state, settled.starts) == ("stuck", 0)


@pytest.mark.parametrize(
    ("last", "sent"),
    [
        ({}, (None, "answer 3")),
        ({"comment": None}, (None, EMPTY)),
        ({"choice_id": 7, "comment": None}, (7, None)),
        ({"choice_id": 0, "comment": "why"}, (0, None)),
    ],
)
def test_the_last_answer_is_handed_over_as_a_choice_or_as_a_text(last, sent):
    vendor = Vendor(replies=[Replied(question=SECOND)])

    settled = take(vendor, "taken", "taken", "no", asked=[FIRST], last=last).settled

    assert vendor.handed_over == [("at the vendor", *sent)]
    assert (settled.forwarded, settled.positions) == ("taken", [3])
    assert (settled.question, settled.starts) == (SECOND.document(), 0)
    assert settled.asked == [FIRST.document(), SECOND.document()]


@pytest.mark.parametrize(
    ("said", "forwarded", "state"),
    [
        (Replied(question=RANKING), "taken", "stuck"),
        (Unknown(reason="half an answer"), "unknown", None),
        (Refused(reason="no"), "refused", "stuck"),
        (SurelyNotSent(reason="busy"), "no", None),
        (VendorRefusesUs(reason="wrong key"), "no", None),
    ],
)
def test_it_is_recorded_what_became_of_the_last_answer(said, forwarded, state):
    settled = take(Vendor(replies=[said]), "taken", "no").settled

    assert (settled.forwarded, settled.positions, settled.state) == (forwarded, [2], state)


@pytest.mark.parametrize("last", ["no", "taken"])
@pytest.mark.parametrize(
    ("status", "state"),
    [
        (SessionStatus.COMPLETE, "complete"),
        (SessionStatus.PARTIALLY_COMPLETE, "stuck"),
        (SurelyNotSent(reason="busy"), None),
    ],
)
def test_without_a_next_question_the_vendor_is_asked_whether_that_was_the_end(last, status, state):
    vendor = Vendor(replies=[Replied(question=None)], statuses=[status])

    settled = take(vendor, "taken", last).settled

    assert vendor.asked_about == ["at the vendor"]
    assert settled.state == state
    is_new = last == "no"
    assert (settled.forwarded, list(settled.positions)) == (
        ("taken", [2]) if is_new else (None, [])
    )


def test_a_lost_answer_that_ended_the_survey_is_taken():
    vendor = Vendor(statuses=[SessionStatus.COMPLETE])

    settled = take(vendor, "taken", "unknown").settled

    assert vendor.asked_about == ["at the vendor"]
    assert (settled.state, settled.forwarded, settled.positions) == ("complete", "taken", [2])


def test_a_replay_is_of_the_new_session():
    vendor = Vendor(
        starts=[Started(session_id="new", question=FIRST)],
        statuses=[SessionStatus.PARTIALLY_COMPLETE],
        replies=[Replied(question=SECOND)],
    )

    take(vendor, "unknown")

    assert vendor.handed_over == [("new", None, "answer 1")]


def test_an_invitation_that_names_no_survey_is_stuck_and_nobody_is_asked():
    session = centracx_session(survey={"id": "two"})

    settled = CentracxTurns(Vendor()).take(session, send_until_s=0.0).settled

    assert settled.state == "stuck"
