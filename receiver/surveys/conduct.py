"""Conducts a survey: shows what comes next, and takes the answer to what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response

from receiver.notifier import Notify
from receiver.surveys.asking import MAX_TEXT, Asked, Mistake, value_given, words_given
from receiver.surveys.state import State, count_of, position_of, question_of, state_of
from receiver.surveys.storage import PageAnswer, Survey, SurveyStorage
from receiver.surveys.submission import cleaned, number_of
from receiver.surveys.visit import Visit
from workers.surveys.store.sessions import GivenAnswer

REFRESH_S = 1
LONG_S = 15.0  # a worker should have answered within this
LONG_REFRESH_S = 10  # then a thousand waiting pages are a hundred requests a second
ASKS_WORKERS = ("centracx", "alvaria")


@dataclass(frozen=True, slots=True)
class Place:
    """A survey, and the request for it."""

    survey: Survey | None
    visit: Visit
    stop_url: str | None = field(repr=False)


def show(storage: SurveyStorage, at: Place) -> Response:
    """Return the page of a survey. Nothing is written."""
    survey, visit = at.survey, at.visit
    state = state_of(survey)
    if survey is None or state is State.UNKNOWN:
        return visit.message("unknown", status=404)
    wanted = number_of(visit.query.get("q"))
    if state in (State.ASK, State.WAIT) and wanted and wanted < position_of(survey):
        return _earlier(storage, survey, at, wanted)
    if state is State.ASK:
        asked = question_of(survey, visit.texts)
        first = position_of(survey) == 1
        return _question(survey, at, asked, chosen=visit.query.get("a") if first else None)
    if state is State.START:
        return visit.page(
            "button",
            title=visit.texts("start_title"),
            text=visit.texts("start_text"),
            action="begin",
            label=visit.texts("start"),
            stop_url=at.stop_url,
        )
    if state is State.WAIT:
        return _wait(survey, visit)
    return visit.message(state.value)


def take(storage: SurveyStorage, at: Place, form: Mapping[str, str], *, nudge: Notify) -> Response:
    """Take what a form says, and return the redirection to what comes next.

    The first answer to a question stands: if another one comes, the page with the first is next.
    """
    survey, visit = at.survey, at.visit
    state = state_of(survey)
    if survey is None or state is State.UNKNOWN:
        return visit.message("unknown", status=404)
    if state is State.START and "begin" in form:
        storage.begin(survey, language=visit.texts.language)
        nudge(survey.workspace)
    elif state in (State.ASK, State.WAIT) and "end" in form and survey.session is not None:
        if survey.vendor == "alvaria":
            storage.end(survey)
            nudge(survey.workspace)
    elif state in (State.ASK, State.WAIT) and (position := number_of(form.get("q"))):
        return _take_answer(storage, survey, at, form, position, nudge=nudge)
    return visit.go()


def _take_answer(
    storage: SurveyStorage,
    survey: Survey,
    at: Place,
    form: Mapping[str, str],
    position: int,
    *,
    nudge: Notify,
) -> Response:
    visit, given = at.visit, form.get("answer")
    now = position_of(survey)
    if position < now:
        first = storage.given(survey, position)
        return visit.go() if first is None else _after_repeat(visit, given, position, first)
    if position > now or state_of(survey) is not State.ASK:
        return visit.go()
    asked = question_of(survey, visit.texts)
    answer = asked.read(given)
    if isinstance(answer, Mistake):
        words = visit.texts(answer.text, length=answer.length, limit=MAX_TEXT)
        return _question(survey, at, asked, chosen=given, mistake=words)
    last = position == count_of(survey)
    new = PageAnswer(position=position, answer=answer, language=visit.texts.language, last=last)
    first = storage.answer(survey, new)
    if survey.vendor in ASKS_WORKERS:
        nudge(survey.workspace)
    if first is not None:
        return _after_repeat(visit, given, position, first)
    return visit.go(q=None if last else position + 1)


def _after_repeat(visit: Visit, given: str | None, position: int, first: GivenAnswer) -> Response:
    """Return where to go after an answer that is not the first: it is shown, if they differ."""
    is_same = cleaned(given or "") == value_given(first)
    return visit.go() if is_same else visit.go(q=position)


def _question(
    survey: Survey, at: Place, asked: Asked, *, chosen: str | None, mistake: str | None = None
) -> Response:
    position, count = position_of(survey), count_of(survey)
    return at.visit.page(
        "question",
        status=422 if mistake else 200,
        asked=asked,
        step=step(at.visit, position, count),
        position=position,
        shown=position,
        version=survey.rules_version if survey.session is None else None,
        back=position - 1 if position > 1 else None,
        chosen=asked.value_of(chosen),
        typed_text=chosen if mistake else None,
        mistake=mistake,
        last=position == count,
        may_end=survey.vendor == "alvaria" and survey.session is not None,
        stop_url=at.stop_url,
    )


def _earlier(storage: SurveyStorage, survey: Survey, at: Place, position: int) -> Response:
    """Return the page of a question that is answered; the first answer stands."""
    given = storage.given(survey, position)
    if given is None:
        return at.visit.go()
    return at.visit.page(
        "given",
        given=given,
        words=words_given(given, at.visit.texts),
        step=step(at.visit, position, count_of(survey)),
        shown=position,
        back=position - 1 if position > 1 else None,
        onward=position + 1,
        stop_url=at.stop_url,
    )


def _wait(survey: Survey, visit: Visit) -> Response:
    long = survey.session is not None and survey.session.quiet_s >= LONG_S
    return visit.page(
        "wait",
        title=visit.texts("wait_title"),
        text=visit.texts("wait_long" if long else "wait_text"),
        refresh_s=LONG_REFRESH_S if long else REFRESH_S,
    )


def step(visit: Visit, position: int, count: int | None) -> str:
    """Return which question it is, of how many if that is known."""
    if count is None:
        return visit.texts("question_number", position=position)
    return visit.texts("question_of", position=position, count=count)
