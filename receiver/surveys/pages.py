"""The routes of the survey pages. A GET only shows; whatever is written, a button has sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from receiver import metrics
from receiver.notifier import Notify
from receiver.surveys import conduct
from receiver.surveys.asking import MAX_TEXT
from receiver.surveys.database import DatabaseAway
from receiver.surveys.state import State, state_of
from receiver.surveys.storage import Survey, SurveyStorage, TooManyChats
from receiver.surveys.submission import number_of, read_form, read_query
from receiver.surveys.visit import Visit, visit_of
from workers.surveys.rules.link import digest_of

RETRY_AFTER_S = 10
MAX_CHAT_ID = 200  # characters
METHODS = ("GET", "POST")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_TYPED = ("q", "version", "answer", "begin", "end", "stop")  # fields of our forms

Form = Mapping[str, str]


def blueprint(
    *,
    storage: SurveyStorage,
    nudge: Notify,
    workspaces: frozenset[str],
    frame_ancestors: tuple[str, ...],
) -> Blueprint:
    """Build the routes; ``frame_ancestors`` are the sites that may show the pages in a frame."""
    routes = Blueprint("surveys", __name__, template_folder="templates")
    # The links on a page are relative: with a slash at its end they would lead elsewhere.
    add = partial(
        routes.add_url_rule,
        methods=METHODS,
        provide_automatic_options=False,
        strict_slashes=True,
    )
    pages = _Pages(storage, nudge, workspaces)
    add("/s/<token>", "link", pages.link)
    add("/s/<token>/stop", "stop", pages.stop)
    add("/survey/alvaria/<workspace>", "chat", pages.chat)
    routes.add_url_rule(
        "/s/",
        "no_link",
        pages.nothing,
        methods=METHODS,
        provide_automatic_options=False,
        strict_slashes=False,
    )
    add("/s/<path:rest>", "other_link", pages.nothing)
    add("/survey/<path:rest>", "other_chat", pages.nothing)
    routes.after_request(partial(_guard, " ".join(frame_ancestors) or "'none'"))
    return routes


class _Pages:
    def __init__(self, storage: SurveyStorage, nudge: Notify, workspaces: frozenset[str]) -> None:
        self._storage = storage
        self._nudge = nudge
        self._workspaces = workspaces

    def link(self, token: str) -> Response:
        """Show the survey of a link, or take an answer to it."""

        def answer(query: Form, form: Form | None) -> Response:
            survey = _known(self._find(token))
            visit = visit_of(query, survey)
            at = conduct.Place(survey, visit, stop_url=visit.beside(f"{token}/stop"))
            if form is None:
                return conduct.show(self._storage, at)
            return conduct.take(self._storage, at, form, nudge=self._nudge)

        return _answered(answer)

    def chat(self, workspace: str) -> Response:
        """Show the survey after a chat of Alvaria, or take an answer to it."""

        def answer(query: Form, form: Form | None) -> Response:
            chat_id = query.get("sessionId", "")
            known = 0 < len(chat_id) <= MAX_CHAT_ID and chat_id.isprintable()
            survey = None
            if known and workspace in self._workspaces:
                version = number_of((form or {}).get("version"))
                survey = self._storage.find_chat(workspace, chat_id, version=version)
            survey = _known(survey)
            at = conduct.Place(survey, visit_of(query, survey), stop_url=None)
            if form is None:
                return conduct.show(self._storage, at)
            return conduct.take(self._storage, at, form, nudge=self._nudge)

        return _answered(answer)

    def stop(self, token: str) -> Response:
        """Show the button that stops invitations, or stop them.

        RFC 8058 asks for an answer that is no redirection.
        """

        def answer(query: Form, form: Form | None) -> Response:
            survey = self._find(token)
            visit = visit_of(query, survey)
            if survey is None or survey.link is None:
                return visit.message("unknown", status=404)
            one_click = form is not None and form.get("List-Unsubscribe") == "One-Click"
            if one_click or (form is not None and "stop" in form):
                self._storage.stop(survey.link, source="mail" if one_click else "page")
                return visit.message("stopped") if one_click else visit.go()
            if survey.link.opted_out:
                return visit.message("stopped")
            is_open = state_of(survey) in (State.ASK, State.START, State.WAIT)
            return visit.page(
                "button",
                title=visit.texts("stop_title"),
                text=visit.texts("stop_text"),
                action="stop",
                label=visit.texts("stop"),
                survey_url=visit.beside(f"../{token}") if is_open else None,
            )

        return _answered(answer)

    def nothing(self, rest: str = "") -> Response:
        """Say that there is no survey, as for a link that does not exist."""
        return visit_of(read_query(), None).message("unknown", status=404)

    def _find(self, token: str) -> Survey | None:
        return self._storage.find(digest_of(token)) if _TOKEN.fullmatch(token) else None


def _known(survey: Survey | None) -> Survey | None:
    """Return a survey that has a page; one without looks like one that never existed."""
    return None if state_of(survey) is State.UNKNOWN else survey


def _answered(answer: Callable[[Form, Form | None], Response]) -> Response:
    """Call ``answer`` with the query and the form; say in plain words what it could not do."""
    query = read_query()
    plain = visit_of(query, None)
    form = None
    try:
        if request.method == "POST":
            form = read_form()
        return answer(query, form)
    except RequestEntityTooLarge:
        return plain.message("large", status=413, limit=MAX_TEXT)
    except TooManyChats:
        return _again(plain, "busy", form, status=429, after_s=60)
    except DatabaseAway:
        name = "away" if form is None else "unsaved"
        return _again(plain, name, form, status=503, after_s=RETRY_AFTER_S)


def _again(visit: Visit, name: str, form: Form | None, *, status: int, after_s: int) -> Response:
    """Return a page that asks to do the same again, with all that was typed."""
    typed = {field: form[field] for field in _TYPED if field in form} if form else {}
    template = "unsaved" if form is not None else "away"
    response = visit.page(
        template,
        status=status,
        title=visit.texts(f"{name}_title"),
        text=visit.texts(f"{name}_text"),
        typed=typed,
        shown_text=len(typed.get("answer", "")) > 3,
    )
    response.headers["Retry-After"] = str(after_s)
    return response


def _guard(frame_ancestors: str, response: Response) -> Response:
    """Count a page, and add the headers of every one: it is kept nowhere, and loads nothing."""
    metrics.PAGES.labels(response.status_code).inc()
    style = response.headers.get("Content-Security-Policy", "'none'")
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {style}; img-src data:; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors {frame_ancestors}"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
