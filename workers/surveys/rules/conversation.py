"""Surveys that a vendor conducts through our pages: what its worker does next, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

MAX_STARTS = 3  # of one survey at its vendor; sessions that nobody goes on with are left there
ANSWER_WITHIN_S = 120.0  # then the customer is thanked, whatever the vendor does
OUTCOME_WITHIN_S = 600.0  # a chat has ended by then
SHORTEST_WAIT_S, LONGEST_WAIT_S = 1.0, 15.0


class Step(StrEnum):
    """What is asked of the vendor in one go."""

    START = "start"  # CentraCX: begin, and get the first question
    REPLY = "reply"  # CentraCX: hand over the last answer, and get the next question
    CHECK = "check"  # CentraCX: the last answer was taken without a next question: is it the end?
    RECOVER = "recover"  # CentraCX: the last answer may be lost: ask, else replay in a new session
    CONTEXT = "context"  # Alvaria: which chat is it
    OUTCOME = "outcome"  # Alvaria: hand over all answers


def centracx_step(*, begun: bool, forwarded: Sequence[str]) -> Step:
    """Return the next step of a session that waits, by what became of each answer so far."""
    if not begun:
        return Step.START
    match forwarded[-1] if forwarded else "unknown":
        case "no":
            return Step.REPLY
        case "taken":
            return Step.CHECK
        case _:
            return Step.RECOVER


def is_same_question(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether an answer to one question is an answer to the other: wording and choices."""
    return all(one.get(key) == other.get(key) for key in ("text", "kind", "choices"))


def wait_s(waited_s: float) -> float:
    """Return how long to wait after a failure: the longer, the longer it has lasted."""
    return min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, waited_s / 2))


def value_of_answer(
    *, number: float | None, choice_text: str | None, comment: str | None
) -> str | None:
    """Return an answer as a variable of a chat; ``None`` for none."""
    if number is not None:
        return f"{number:g}"
    return choice_text if choice_text is not None else comment
