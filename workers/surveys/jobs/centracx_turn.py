"""One turn of a survey that CentraCX conducts: what it is asked, and what follows from that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.surveys.centracx import NoQuestion, Question, SessionStatus
from workers.clients.surveys.centracx import CentracxApi, Replied, Started
from workers.clients.surveys.outcomes import (
    NotTriggered,
    Refused,
    SurelyNotSent,
    Unknown,
    VendorRefusesUs,
)
from workers.surveys.jobs.turn import Turn, put_off
from workers.surveys.rules.conversation import (
    MAX_STARTS,
    Step,
    centracx_step,
    is_same_question,
)
from workers.surveys.store.conversations import Settled, WaitingSession

EMPTY = "-"  # what an empty answer is sent as: an empty text may be refused
REPLAY_FOR_S = 45.0  # longer than one reply may take: nobody else knows of the new session
NO_QUESTION = "CentraCX began without a question"
CHANGED = "CentraCX asks other questions in a new session; its answers are kept here alone"


class CentracxTurns:
    """Conducts sessions at one account."""

    def __init__(self, api: CentracxApi) -> None:
        self._api = api

    def take(self, session: WaitingSession, send_until_s: float) -> Turn:
        """Take the next turn of a session, and return what follows."""
        survey_id = (session.survey or {}).get("id")
        if not isinstance(survey_id, int):
            return Turn(Settled(state="stuck", problem="the invitation names no survey"))
        forwarded = [answer["forwarded"] for answer in session.answers]
        step = centracx_step(begun=session.remote_id is not None, forwarded=forwarded)
        turn = _Turn(self._api, session, survey_id, send_until_s)
        match step:
            case Step.START:
                return turn.start()
            case Step.REPLY:
                return turn.reply()
            case Step.CHECK:
                return turn.check()
            case _:
                return turn.recover()


class _Turn:
    def __init__(
        self, api: CentracxApi, session: WaitingSession, survey_id: int, send_until_s: float
    ) -> None:
        self._api = api
        self._session = session
        self._survey_id = survey_id
        self._send_until_s = send_until_s
        self._last = [session.answers[-1]["position"]] if session.answers else []

    def start(self) -> Turn:
        """Begin a session. One that may have begun unseen is left there, and another begun."""
        if self._session.tries >= MAX_STARTS:
            return _stuck(f"CentraCX was asked {MAX_STARTS} times for a session")
        begun = self._api.start(self._survey_id, send_until_s=self._send_until_s)
        match begun:
            case Started(session_id=remote_id, question=Question() as question):
                return Turn(self._asks(question, remote_id=remote_id, starts=1, asked=[]))
            case Started(session_id=remote_id, question=NoQuestion() as none):
                return _stuck(none.problem, remote_id=remote_id, starts=1)
            case Started(session_id=remote_id):
                return _stuck(NO_QUESTION, remote_id=remote_id, starts=1)
            case Unknown():
                return Turn(Settled(starts=1, problem=begun.reason))
            case _:
                return _not_done(self._session, begun)

    def reply(self) -> Turn:
        """Hand over the last answer."""
        said = self._say(self._session.answers[-1], self._session.remote_id or "")
        match said:
            case Replied(question=Question() as question):
                return Turn(self._asks(question, forwarded="taken", positions=self._last))
            case Replied(question=NoQuestion() as none):
                return _stuck(none.problem, forwarded="taken", positions=self._last)
            case Replied():
                return self.check(forwarded="taken")
            case Unknown():
                return Turn(Settled(forwarded="unknown", positions=self._last, problem=said.reason))
            case Refused():
                return _stuck(said.reason, forwarded="refused", positions=self._last)
            case _:
                return _not_done(self._session, said, forwarded="no", positions=self._last)

    def check(self, *, forwarded: str | None = None) -> Turn:
        """Ask whether the last answer was the end; ``forwarded`` is what is new of that answer."""
        positions = self._last if forwarded else ()
        status = self._api.status(self._survey_id, self._session.remote_id or "")
        match status:
            case SessionStatus.COMPLETE:
                return Turn(Settled(state="complete", forwarded=forwarded, positions=positions))
            case SessionStatus():
                problem = f"CentraCX asks no further question, and says: {status.value}"
                return _stuck(problem, forwarded=forwarded, positions=positions)
            case _:
                return _not_done(self._session, status, forwarded=forwarded, positions=positions)

    def recover(self) -> Turn:
        """Find out whether a lost answer arrived; if that does not tell, replay all of them."""
        status = self._api.status(self._survey_id, self._session.remote_id or "")
        match status:
            case SessionStatus.COMPLETE:
                return Turn(Settled(state="complete", forwarded="taken", positions=self._last))
            case SessionStatus():
                return self._replay()
            case _:
                return _not_done(self._session, status)

    def _replay(self) -> Turn:
        """Answer the same questions in a new session, as long as they are the same."""
        if len(self._session.asked) < len(self._session.answers):
            return _stuck("the questions of earlier answers are not known here")
        if self._session.tries >= MAX_STARTS:
            return _stuck(f"the answers were lost {self._session.tries} times on their way")
        self._send_until_s += REPLAY_FOR_S
        begun = self._api.start(self._survey_id, send_until_s=self._send_until_s)
        if not isinstance(begun, Started):
            return _not_begun(self._session, begun)
        question = begun.question
        for asked, answer in zip(self._session.asked, self._session.answers, strict=False):
            if not isinstance(question, Question) or not is_same_question(
                question.document(), asked
            ):
                return _stuck(CHANGED, starts=1)
            said = self._say(answer, begun.session_id)
            if not isinstance(said, Replied):
                return self._replay_failed(said)
            question = said.question
        return self._replayed(begun.session_id, question)

    def _replayed(self, remote_id: str, question: Question | NoQuestion | None) -> Turn:
        if isinstance(question, NoQuestion):
            return _stuck(question.problem, remote_id=remote_id, **self._all_taken())
        if question is not None:
            return Turn(self._asks(question, remote_id=remote_id, **self._all_taken()))
        # The next turn asks whether that was the end.
        return Turn(Settled(remote_id=remote_id, **self._all_taken()))

    def _all_taken(self) -> dict[str, Any]:
        positions = [answer["position"] for answer in self._session.answers]
        return {"forwarded": "taken", "positions": positions, "starts": 1}

    def _replay_failed(self, said: NotTriggered) -> Turn:
        if isinstance(said, Refused):
            return _stuck(said.reason, starts=1)
        turn = _not_done(self._session, said)
        return Turn(_with_start(turn.settled), pause=turn.pause, vendor_wait_s=turn.vendor_wait_s)

    def _say(self, answer: Mapping[str, Any], remote_id: str) -> Replied | NotTriggered:
        is_choice = answer["choice_id"] is not None
        return self._api.reply(
            self._survey_id,
            remote_id,
            answer_id=answer["choice_id"] if is_choice else None,
            feedback=None if is_choice else answer["comment"] or EMPTY,
            send_until_s=self._send_until_s,
        )

    def _asks(self, question: Question, **more: Any) -> Settled:
        """Return the session with its next question."""
        document = question.document()
        asked = more.pop("asked", self._session.asked)
        return Settled(question=document, asked=[*asked, document], **more)


def _not_begun(session: WaitingSession, begun: NotTriggered) -> Turn:
    if isinstance(begun, Unknown):
        return Turn(Settled(starts=1, problem=begun.reason))
    return _not_done(session, begun)


def _not_done(session: WaitingSession, said: NotTriggered, **more: Any) -> Turn:
    """Return what follows from a request that was surely not carried out."""
    match said:
        case SurelyNotSent() | VendorRefusesUs():
            return put_off(session, said, **more)
        case Unknown():  # the next turn begins with asking
            return Turn(Settled(problem=said.reason, **more))
        case _:
            return _stuck(said.reason, **more)


def _with_start(settled: Settled) -> Settled:
    return Settled(starts=1, problem=settled.problem, wait_s=settled.wait_s, state=settled.state)


def _stuck(problem: str, **more: Any) -> Turn:
    return Turn(Settled(state="stuck", problem=problem, **more))
