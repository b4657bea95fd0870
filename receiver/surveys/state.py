"""Where a survey stands, and with that which page its link shows."""

from __future__ import annotations

from enum import StrEnum

from receiver.surveys.asking import Asked, own_question, vendor_question
from receiver.surveys.language import Texts
from receiver.surveys.storage import Survey
from schemas.surveys.questions import Page

CONTEXT_WITHIN_S = 10.0  # then the next question is asked, whether or not Alvaria knows the chat


class State(StrEnum):
    """The states of a survey; each has its page."""

    UNKNOWN = "unknown"
    DONE = "done"
    GONE = "gone"
    STOPPED = "stopped"
    EXPIRED = "expired"
    START = "start"
    WAIT = "wait"
    ASK = "ask"


def state_of(survey: Survey | None) -> State:
    """Return where a survey stands; ``None`` is one that does not exist."""
    if survey is None or not _can_be_asked(survey):
        return State.UNKNOWN
    session, link = survey.session, survey.link
    was_left = session is not None and session.state == "partial" and link is not None
    if session is not None and session.state != "open" and not was_left:
        return State.GONE if session.state == "gone" else State.DONE
    if link is not None and link.opted_out:
        return State.STOPPED
    if was_left or (link is not None and (link.expired or link.state == "withdrawn")):
        return State.EXPIRED
    if session is None:
        return State.START if survey.vendor == "centracx" else State.ASK
    return State.WAIT if _waits(survey) else State.ASK


def position_of(survey: Survey) -> int:
    """Return the position of the question that is asked, from 1."""
    return survey.session.position if survey.session is not None else 1


def count_of(survey: Survey) -> int | None:
    """Return how many questions a survey has; ``None`` if only its vendor knows."""
    page = page_of(survey)
    return len(page.questions) if page is not None else None


def question_of(survey: Survey, texts: Texts) -> Asked:
    """Return the question that is asked now. Raises ``LookupError`` if none is."""
    page = page_of(survey)
    if page is not None:
        return own_question(page.questions[position_of(survey) - 1], texts)
    if survey.session is None or survey.session.question is None:
        raise LookupError
    return vendor_question(survey.session.question, texts)


def page_of(survey: Survey) -> Page | None:
    """Return the page of the rules file that a survey asks; ``None`` for a vendor's questions."""
    rules = survey.rules
    if rules is None:
        return None
    if survey.link is None:
        return rules.page(rules.alvaria.page) if rules.alvaria is not None else None
    name = survey.link.survey.get("page") if survey.vendor == "own" else None
    return rules.page(name) if isinstance(name, str) else None


def _can_be_asked(survey: Survey) -> bool:
    if survey.vendor == "centracx":
        return True
    page = page_of(survey)
    if survey.vendor not in ("own", "alvaria") or page is None:
        return False
    return survey.session is None or (
        survey.session.state != "open" or survey.session.position <= len(page.questions)
    )


def _waits(survey: Survey) -> bool:
    """Return whether a worker has to ask the vendor before there is a next question."""
    session = survey.session
    if session is None:
        return False
    if survey.vendor == "centracx":
        return session.question is None
    is_new = session.position == 2 and session.quiet_s < CONTEXT_WITHIN_S
    return survey.vendor == "alvaria" and not session.verified and is_new
