"""A survey of CentraCX over a network that loses anything: each answer reaches its own question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from schemas.surveys.centracx import Choice, Question, QuestionKind, SessionStatus
from tests.support.waiting_sessions import centracx_session
from workers.clients.surveys.centracx import Replied, Started
from workers.clients.surveys.outcomes import SurelyNotSent, Unknown
from workers.surveys.jobs.centracx_turn import NO_QUESTION, CentracxTurns
from workers.surveys.rules.conversation import MAX_STARTS
from workers.surveys.store.conversations import Settled, WaitingSession

QUESTIONS = tuple(
    Question(
        text=f"Question {number}",
        kind=QuestionKind.CHOICE,
        choices=tuple(Choice(id=10 * number + n, text=str(n), value=None) for n in range(3)),
    )
    for number in range(3)
)
FINE, BEFORE, AFTER, BUSY = "fine", "lost before it arrived", "lost after it arrived", "busy"
FATES = st.lists(st.sampled_from((FINE, FINE, BEFORE, AFTER, BUSY)), max_size=14)
NEW = centracx_session()


@dataclass
class Vendor:
    """CentraCX: sessions with the ids of the choices that each was replied."""

    fates: list[str]
    sessions: list[list[int]] = field(default_factory=list)

    def start(self, survey_id: int, *, send_until_s: float):
        fate = self._fate()
        if fate is BUSY:
            return SurelyNotSent(reason=fate)
        if fate is not BEFORE:
            self.sessions.append([])
        if fate is not FINE:
            return Unknown(reason=fate)
        return Started(session_id=str(len(self.sessions) - 1), question=QUESTIONS[0])

    def reply(self, survey_id: int, session_id: str, *, answer_id, feedback, send_until_s):
        fate = self._fate()
        if fate is BUSY:
            return SurelyNotSent(reason=fate)
        replies = self.sessions[int(session_id)]
        if fate is not BEFORE:
            assert answer_id in [choice.id for choice in QUESTIONS[len(replies)].choices]
            replies.append(answer_id)
        if fate is not FINE:
            return Unknown(reason=fate)
        following = len(replies)
        return Replied(question=QUESTIONS[following] if following < len(QUESTIONS) else None)

    def status(self, survey_id: int, session_id: str):
        if self._fate() is not FINE:
            return SurelyNotSent(reason="away")
        is_over = len(self.sessions[int(session_id)]) == len(QUESTIONS)
        return SessionStatus.COMPLETE if is_over else SessionStatus.PARTIALLY_COMPLETE

    def _fate(self) -> str:
        return self.fates.pop(0) if self.fates else FINE


def settled(session: WaitingSession, new: Settled) -> WaitingSession:
    """Return the session as the database would have it."""
    answers = [
        answer | ({"forwarded": new.forwarded} if answer["position"] in new.positions else {})
        for answer in session.answers
    ]
    return replace(
        session,
        state=new.state or session.state,
        remote_id=new.remote_id or session.remote_id,
        asked=session.asked if new.asked is None else new.asked,
        tries=session.tries + new.starts,
        answers=answers,
    )


def answered(session: WaitingSession, choice: int) -> WaitingSession:
    """Return the session after its customer has answered the last question that was asked."""
    position = len(session.answers) + 1
    answer = {
        "position": position,
        "choice_id": session.asked[position - 1]["choices"][choice]["id"],
        "comment": None,
        "forwarded": "no",
    }
    return replace(session, answers=[*session.answers, answer])


def conduct(vendor: Vendor, choices: Sequence[int]) -> WaitingSession:
    """Let a customer answer everything, and the worker ask until it ends."""
    turns, session, left = CentracxTurns(vendor), NEW, list(choices)
    for _ in range(200):
        new = turns.take(session, 0.0).settled
        session = settled(session, new)
        if session.state != "open":
            return session
        if new.question is not None:
            session = answered(session, left.pop(0))
    raise AssertionError("it never ends")


@given(FATES, st.lists(st.integers(0, 2), min_size=3, max_size=3))
def test_every_survey_ends_and_each_answer_reaches_its_own_question_alone(fates, choices):
    vendor = Vendor(list(fates))

    session = conduct(vendor, choices)

    given_ids = [answer["choice_id"] for answer in session.answers]
    assert session.state in ("complete", "stuck")
    assert all(replies == given_ids[: len(replies)] for replies in vendor.sessions)
    assert len(vendor.sessions) <= MAX_STARTS
    if session.state == "complete":
        assert len(given_ids) == len(QUESTIONS)
        assert vendor.sessions.count(given_ids) == 1


@given(st.lists(st.integers(0, 2), min_size=3, max_size=3))
def test_without_a_loss_there_is_one_session_and_it_is_complete(choices):
    vendor = Vendor([])

    assert conduct(vendor, choices).state == "complete"
    assert len(vendor.sessions) == 1


@given(st.integers(0, 8), st.sampled_from((BEFORE, AFTER)))
def test_one_loss_anywhere_costs_no_customer_the_survey(at, fate):
    vendor = Vendor([FINE] * at + [fate])

    assert conduct(vendor, [0, 1, 2]).state == "complete"


def test_a_session_that_begins_without_a_question_is_stuck_and_counts_as_begun():
    class Silent(Vendor):
        def start(self, survey_id, *, send_until_s):
            return Started(session_id="7", question=None)

    found = CentracxTurns(Silent([])).take(NEW, 0.0).settled

    assert (found.state, found.problem) == ("stuck", NO_QUESTION)
    assert (found.remote_id, found.starts) == ("7", 1)
