"""Whatever a customer's browser does again, each question has one answer: the first."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.system.states import reply


@pytest.fixture
def link(site):
    return site.invite()


def choose(page: Page, number: int) -> None:
    page.locator(f".options input[value='{number}']").check()


def send(page: Page) -> None:
    page.locator("form button").first.click()


def numbers(site, link):
    return [(one["position"], one["number"]) for one in site.answers(link)]


def test_a_double_click_answers_once(site, page, link):
    page.goto(link.url)
    choose(page, 9)
    page.locator("form button").first.dblclick()

    expect(page).to_have_title("Question 2 of 6 \N{EN DASH} Nordkust")
    assert numbers(site, link) == [(1, 9)]


def test_a_reload_repeats_nothing(site, page, link):
    page.goto(link.url)
    choose(page, 9)
    send(page)
    expect(page).to_have_title("Question 2 of 6 \N{EN DASH} Nordkust")
    for _ in range(3):
        page.reload()

    expect(page).to_have_title("Question 2 of 6 \N{EN DASH} Nordkust")
    assert numbers(site, link) == [(1, 9)]


def test_after_the_browsers_back_button_the_survey_goes_on_where_it_was(site, page, link):
    page.goto(link.url)
    choose(page, 9)
    send(page)
    expect(page).to_have_title("Question 2 of 6 \N{EN DASH} Nordkust")
    page.go_back()
    expect(page).to_have_title("Question 2 of 6 \N{EN DASH} Nordkust")
    choose(page, 4)
    send(page)
    expect(page).to_have_title("Question 3 of 6 \N{EN DASH} Nordkust")

    assert numbers(site, link) == [(1, 9), (2, 4)]


def test_the_back_link_shows_what_was_answered(site, page, link):
    reply(link.url, "9", "4")
    page.goto(link.url)
    page.get_by_role("link", name="Back").click()

    expect(page.locator(".answer")).to_have_text("Satisfied (4)")
    expect(page.get_by_role("radio")).to_have_count(0)
    page.get_by_role("link", name="Continue").click()
    expect(page).to_have_title("Question 3 of 6 \N{EN DASH} Nordkust")


def test_of_two_tabs_the_first_answer_stands_and_the_other_is_told(site, open_tab, link):
    one, other = open_tab(), open_tab()
    for tab, number in ((one, 9), (other, 2)):
        tab.goto(link.url)
        choose(tab, number)
    send(one)
    expect(one).to_have_title("Question 2 of 6 \N{EN DASH} Nordkust")
    send(other)

    expect(other.locator(".answer")).to_have_text("9")
    expect(other.get_by_text("the first answer counts")).to_be_visible()
    assert numbers(site, link) == [(1, 9)]


def test_sending_again_after_the_reply_was_lost_answers_once(site, page, link):
    def lose_reply(route):
        route.fetch(max_redirects=0)
        route.abort()

    page.goto(link.url)
    choose(page, 9)
    page.route("**", lose_reply, times=1)
    send(page)
    expect(page).not_to_have_title("Question 1 of 6 \N{EN DASH} Nordkust")
    assert numbers(site, link) == [(1, 9)]
    page.reload()  # sends the form again

    expect(page).to_have_title("Question 2 of 6 \N{EN DASH} Nordkust")
    assert numbers(site, link) == [(1, 9)]


def test_a_score_in_the_link_is_chosen_and_only_the_button_votes(site, page, link):
    page.goto(f"{link.url}?a=9")
    expect(page.get_by_role("radio", checked=True)).to_have_value("9")
    page.reload()
    assert site.answers(link) == []

    send(page)

    expect(page).to_have_title("Question 2 of 6 \N{EN DASH} Nordkust")
    assert numbers(site, link) == [(1, 9)]


def test_invitations_are_stopped_by_a_button_and_not_by_the_link(site, page, link):
    page.goto(link.url)
    page.get_by_role("link", name="No more surveys, please").click()
    expect(page.get_by_role("link", name="Go to the survey")).to_be_visible()
    page.reload()
    page.get_by_role("link", name="Go to the survey").click()
    expect(page).to_have_title("Question 1 of 6 \N{EN DASH} Nordkust")

    page.goto(link.stop)
    page.get_by_role("button", name="Stop sending me surveys").press("Enter")

    stopped = "You will not be invited to surveys any more"
    expect(page.get_by_role("heading", level=1)).to_have_text(stopped)
    page.goto(link.url)
    expect(page.get_by_role("heading", level=1)).to_have_text(stopped)
