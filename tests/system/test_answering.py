"""A customer answers our own survey in a real browser without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from receiver.surveys.asking import own_question
from receiver.surveys.language import texts_in
from schemas.surveys.questions import LANGUAGES, Kind
from tests.support.surveys import brief, rules_of
from tests.system.survey_site import SURVEYS

PLACES = {"nps": 9, "csat": 3, "ces": 6, "stars": 2, "channel": 1}  # chosen, from 0
COMMENT = "Snabbt svar, men på fel språk.\nTack <3"
STORED = {"nps": 9, "csat": 4, "ces": 7, "stars": 3}


@pytest.fixture(scope="module")
def questions():
    page = rules_of(brief(tables=SURVEYS.read_text("utf-8"))).page("everything")
    return page.questions


def by_mouse(page: Page, kind: Kind, place: int | None) -> None:
    """Answer the question that is shown by clicking on words."""
    if kind is Kind.TEXT:
        page.get_by_role("textbox").click()
        page.keyboard.insert_text(COMMENT)
    else:
        page.locator(".options label").nth(place).click()
    page.locator("form button").first.click()


def by_keyboard(page: Page, kind: Kind, place: int | None) -> None:
    """Answer the question that is shown with the keyboard alone."""
    tab_to(page, "textarea" if kind is Kind.TEXT else "input[type=radio]")
    if kind is Kind.TEXT:
        page.keyboard.insert_text(COMMENT)
        tab_to(page, "button")
        page.keyboard.press("Space")
        return
    page.keyboard.press("Space")
    for _ in range(place):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(20):
        if page.locator(f"{selector}:focus").count():
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {selector}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", [by_mouse, by_keyboard])
def test_a_survey_is_answered_question_by_question(site, page, questions, language, way):
    link, texts = site.invite(), texts_in(language)
    page.goto(f"{link.url}?lang={language}")
    for position, question in enumerate(questions, 1):
        step = texts("question_of", position=position, count=len(questions))
        expect(page).to_have_title(re.compile(rf"^{step} . Nordkust$"))
        expect(page.get_by_role("heading", level=1)).to_have_text(question.text[language])
        expect(page.locator("html")).to_have_attribute("lang", language)
        way(page, question.kind, PLACES.get(question.key))
    expect(page.get_by_role("heading", level=1)).to_have_text(texts("done_title"))

    answers = site.answers(link)
    assert [one["question_key"] for one in answers] == [one.key for one in questions]
    asked = [own_question(one, texts) for one in questions]
    assert [one["question_text"] for one in answers] == [one.text for one in asked]
    numbers = {one["question_key"]: one["number"] for one in answers if one["number"] is not None}
    assert numbers == STORED
    assert answers[4]["choice_text"] == questions[4].options[1].text[language]
    assert answers[5]["comment"] == COMMENT
    session = site.session(link)
    assert (session["state"], session["language"]) == ("complete", language)
