"""Every state of a survey page, and how a customer comes to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import requests
from playwright.sync_api import Page, Route

from tests.support.databases import run_query
from tests.system.survey_site import SurveySite

Reach = Callable[[SurveySite, Page, str], None]

ANSWERS = ("9", "4", "7", "3", "2", "Good")  # to the questions of the page "everything"
KINDS = ("nps", "csat", "ces", "stars", "choice", "text")
CHOICE = {
    "text": "You recently switched your fund, could you please tell us what prompted this?",
    "kind": "choice",
    "choices": [
        {"id": 48, "text": "Discussion with family and friends", "value": "1"},
        {"id": 47, "text": "Seeing or reading something in the media", "value": "2"},
    ],
}
COMMENT = {"text": "What could we do better?", "kind": "text", "choices": []}


def reply(url: str, *answers: str, first: int = 1) -> None:
    """Answer questions without a browser."""
    for position, answer in enumerate(answers, first):
        form = {"q": str(position), "answer": answer}
        requests.post(url, data=form, timeout=10, allow_redirects=False).raise_for_status()


def question(position: int) -> Reach:
    """Return how a question of our own is reached."""

    def reach(site: SurveySite, page: Page, language: str) -> None:
        link = site.invite()
        reply(link.url, *ANSWERS[: position - 1])
        page.goto(f"{link.url}?lang={language}")

    return reach


def earlier(answer: str, position: int) -> Reach:
    """Return how the page of an answer that was given is reached."""

    def reach(site: SurveySite, page: Page, language: str) -> None:
        link = site.invite("hostile" if position == 2 else "everything")
        reply(link.url, answer) if position == 1 else reply(link.url, "1", answer)
        page.goto(f"{link.url}?lang={language}&q={position}")

    return reach


def nothing_chosen(site: SurveySite, page: Page, language: str) -> None:
    question(1)(site, page, language)
    page.locator("form button").first.click()


def too_long(site: SurveySite, page: Page, language: str) -> None:
    question(6)(site, page, language)
    page.get_by_role("textbox").fill("För långt, " * 400)
    page.locator("form button").first.click()


def much_too_large(site: SurveySite, page: Page, language: str) -> None:
    question(6)(site, page, language)
    page.get_by_role("textbox").fill("x" * 70_000)
    page.locator("form button").first.click()


def done(site: SurveySite, page: Page, language: str) -> None:
    link = site.invite()
    reply(link.url, *ANSWERS)
    page.goto(f"{link.url}?lang={language}")


def expired(site: SurveySite, page: Page, language: str) -> None:
    link = site.invite()
    site.change(link, "expires_at = now()")
    page.goto(f"{link.url}?lang={language}")


def unknown(site: SurveySite, page: Page, language: str) -> None:
    page.goto(f"{site.root}/s/{'Z' * 22}?lang={language}")


def stop(site: SurveySite, page: Page, language: str) -> None:
    page.goto(f"{site.invite().stop}?lang={language}")


def stopped(site: SurveySite, page: Page, language: str) -> None:
    stop(site, page, language)
    page.locator("form button").click()


def link_after_stop(site: SurveySite, page: Page, language: str) -> None:
    link = site.invite()
    requests.post(link.stop, data={"stop": "1"}, timeout=10).raise_for_status()
    page.goto(f"{link.url}?lang={language}")


def start(site: SurveySite, page: Page, language: str) -> None:
    page.goto(f"{site.invite(centracx=2).url}?lang={language}")


def wait(site: SurveySite, page: Page, language: str) -> None:
    """After a minute the page refreshes itself seldom enough to be measured."""
    link = site.invite(centracx=2)
    requests.post(link.url, data={"begin": "1"}, timeout=10).raise_for_status()
    run_query(
        site.database,
        "UPDATE feedback.session SET started_at = now() - interval '1 minute' WHERE errand_id = %s",
        link.errand_id,
    )
    page.goto(f"{link.url}?lang={language}")


def vendor(asked: Mapping[str, object]) -> Reach:
    """Return how a question of CentraCX is reached."""

    def reach(site: SurveySite, page: Page, language: str) -> None:
        link = site.invite(centracx=2)
        requests.post(link.url, data={"begin": "1"}, timeout=10).raise_for_status()
        run_query(
            site.database,
            "UPDATE feedback.session SET question = %s WHERE errand_id = %s",
            *(json.dumps(asked), link.errand_id),
        )
        page.goto(f"{link.url}?lang={language}")

    return reach


def chat(state: str) -> Reach:
    """Return how a chat is reached: after its first answer, in this state, or before it."""

    def reach(site: SurveySite, page: Page, language: str) -> None:
        dialog = f"dialog-{next(site.numbers)}"
        if state:
            reply(site.chat(dialog), "9")
            run_query(
                site.database,
                "UPDATE feedback.session SET verified = true, state = %s WHERE remote_id = %s",
                *(state, dialog),
            )
        page.goto(f"{site.chat(dialog)}&lang={language}")

    return reach


@contextmanager
def database_away(site: SurveySite, page: Page) -> Iterator[None]:
    """Let all requests for pages go to a receiver whose database is away."""

    def elsewhere(route: Route) -> None:
        route.continue_(url=route.request.url.replace(site.root, site.away))

    page.route(f"{site.root}/**", elsewhere)
    yield
    page.wait_for_load_state()
    page.unroute_all()


def away(site: SurveySite, page: Page, language: str) -> None:
    with database_away(site, page):
        page.goto(f"{site.invite().url}?lang={language}")


def unsaved(position: int) -> Reach:
    """Return how the page is reached that holds an answer which could not be saved."""

    def reach(site: SurveySite, page: Page, language: str) -> None:
        question(position)(site, page, language)
        if position == KINDS.index("text") + 1:
            page.get_by_role("textbox").fill("Långt svar <b>👍</b> " * 40)
        else:
            page.get_by_role("radio").last.check()
        with database_away(site, page):
            page.locator("form button").first.click()

    return reach


def busy(site: SurveySite, page: Page, language: str) -> None:
    """As many chats have begun in this minute as may."""
    chat("")(site, page, language)
    page.get_by_role("radio").last.check()
    run_query(
        site.database,
        "INSERT INTO feedback.session (workspace, vendor, remote_id, origin, state, verified)"
        " SELECT 'demo', 'alvaria', 'crowd ' || number, 'page', 'partial', false"
        " FROM generate_series(1, 60) AS number",
    )
    try:
        page.locator("form button").first.click()
        page.wait_for_load_state()
    finally:
        run_query(site.database, "DELETE FROM feedback.session WHERE remote_id LIKE 'crowd %%'")


def hostile(site: SurveySite, page: Page, language: str) -> None:
    page.goto(f"{site.invite('hostile').url}?lang={language}")


STATES: Mapping[str, Reach] = {
    **{f"question-{kind}": question(position) for position, kind in enumerate(KINDS, 1)},
    "nothing-chosen": nothing_chosen,
    "too-long": too_long,
    "much-too-large": much_too_large,
    "answered-before": earlier("9", 1),
    "left-empty-before": earlier("", 2),
    "hostile-question": hostile,
    "hostile-answer": earlier("<script>" + "\u202e👩‍👩‍👧‍👦W" * 300, 2),
    "done": done,
    "expired": expired,
    "unknown": unknown,
    "stop": stop,
    "stopped": stopped,
    "link-after-stop": link_after_stop,
    "centracx-start": start,
    "centracx-wait": wait,
    "centracx-choice": vendor(CHOICE),
    "centracx-text": vendor(COMMENT),
    "chat-first": chat(""),
    "chat-second": chat("open"),
    "chat-gone": chat("gone"),
    "away": away,
    "unsaved-choice": unsaved(1),
    "unsaved-text": unsaved(6),
    "busy": busy,
}
WAITING = "centracx-wait"  # refreshes itself
