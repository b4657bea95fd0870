"""What follows from each answer of Alvaria about a chat, and that nothing is sent to it twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from schemas.surveys.alvaria import Context
from tests.support.surveys import RULES, rules_of
from tests.support.waiting_sessions import alvaria_session
from workers.clients.surveys.alvaria import DialogGone, Taken
from workers.clients.surveys.outcomes import Refused, SurelyNotSent, Unknown, VendorRefusesUs
from workers.surveys.jobs.alvaria_turn import AlvariaTurns
from workers.surveys.store.conversations import Settled

GONE = DialogGone(reason="no such dialog")
BUSY = SurelyNotSent(reason="busy", retry_after_s=20.0)
WRONG_KEY = VendorRefusesUs(reason="wrong key")
ODD = Refused(reason="no readable context")
SCORE = {
    "position": 1,
    "question_key": "nps",
    "kind": "nps",
    "choice_id": None,
    "choice_text": "9",
    "number": 9.0,
    "comment": None,
    "forwarded": "no",
}


@dataclass
class Vendor:
    """Gives one answer, and remembers the variables of an outcome; knows one dialog."""

    answer: Any
    variables: Any = None

    def context(self, session_id):
        assert session_id == "dialog"
        return self.answer

    def send_outcome(self, session_id, variables, *, send_until_s):
        assert session_id == "dialog"
        self.variables = variables
        return self.answer


def take(vendor, **changes):
    """Take the next turn of a chat with a score; return what follows."""
    turns = AlvariaTurns(vendor, lambda version: rules_of(RULES))
    return turns.take(alvaria_session(**{"answers": [SCORE]} | changes), 0.0)


def test_a_context_verifies_the_chat_and_names_its_errand_and_language():
    context = Context(document={"errand": "2256", "language": "sv-SE"})

    settled = take(Vendor(context)).settled

    assert settled == Settled(
        context=context.document, errand_id=2256, language="sv", verified=True
    )


@pytest.mark.parametrize(
    ("document", "rules_version", "errand_id", "language"),
    [
        ({"errand": "x", "language": "tlh"}, 1, None, None),
        ({}, 1, None, None),
        ({"errand": "2256", "language": "sv"}, None, None, None),
    ],
)
def test_without_an_errand_or_rules_the_chat_alone_is_verified(
    document, rules_version, errand_id, language
):
    settled = take(Vendor(Context(document=document)), rules_version=rules_version).settled

    assert (settled.verified, settled.context) == (True, document)
    assert (settled.errand_id, settled.language) == (errand_id, language)


@pytest.mark.parametrize(("state", "becomes"), [("open", "gone"), ("complete", None)])
def test_a_chat_that_has_ended_gets_no_outcome_and_a_complete_survey_stays_so(state, becomes):
    settled = take(Vendor(GONE), state=state).settled

    assert settled == Settled(state=becomes, outcome_state="refused", problem=GONE.reason)


def test_a_context_that_nobody_can_read_is_not_asked_for_again():
    assert take(Vendor(ODD)).settled == Settled(context={}, problem=ODD.reason)


@pytest.mark.parametrize(
    ("known", "outcome_state"), [({}, None), ({"verified": True, "state": "complete"}, "no")]
)
def test_what_a_busy_vendor_did_not_take_is_asked_or_sent_after_the_wait(known, outcome_state):
    turn = take(Vendor(BUSY), **known)

    assert turn.settled == Settled(problem="busy", wait_s=20.0, outcome_state=outcome_state)
    assert (turn.vendor_wait_s, turn.pause) == (20.0, None)


@pytest.mark.parametrize(
    ("known", "outcome_state"), [({}, None), ({"verified": True, "state": "complete"}, "no")]
)
def test_a_vendor_that_refuses_us_is_paused(known, outcome_state):
    turn = take(Vendor(WRONG_KEY), **known)

    assert turn.settled == Settled(problem="wrong key", wait_s=5.0, outcome_state=outcome_state)
    assert turn.pause == "wrong key"


@pytest.mark.parametrize("known", [{"verified": True}, {"has_context": True}])
@pytest.mark.parametrize(
    ("answer", "settled"),
    [
        (Taken(), Settled(outcome_state="taken")),
        (Unknown(reason="cut"), Settled(outcome_state="unknown", problem="cut")),
        (ODD, Settled(outcome_state="refused", problem=ODD.reason)),
        (GONE, Settled(outcome_state="refused", problem=GONE.reason)),
    ],
)
def test_an_outcome_that_may_have_arrived_is_settled_for_good(known, answer, settled):
    vendor = Vendor(answer)

    assert take(vendor, state="complete", **known).settled == settled
    assert vendor.variables == {"npsScore": "9"}


def test_without_rules_the_outcome_has_no_variables():
    vendor = Vendor(Taken())

    take(vendor, state="complete", verified=True, rules_version=None)

    assert vendor.variables == {}
