"""What screen readers are told, and where the focus is when something is wrong."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.system.states import STATES


def test_the_ends_of_a_scale_have_their_meaning_in_their_names(site, page):
    STATES["question-nps"](site, page, "en")

    group = page.get_by_role("group", name="How likely are you to recommend Nordkust")
    expect(group).to_have_accessible_description(
        "From 0, not at all likely, to 10, extremely likely."
    )
    options = group.get_by_role("radio")
    expect(options).to_have_count(11)
    expect(options.nth(0)).to_have_accessible_name("0, not at all likely")
    expect(options.nth(5)).to_have_accessible_name("5")
    expect(options.nth(10)).to_have_accessible_name("10, extremely likely")


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("question-csat", ["1 Very dissatisfied", "5 Very satisfied"]),
        ("question-ces", ["1 Very difficult", "7 Very easy"]),
        ("question-stars", ["1 of 5", "5 of 5"]),
    ],
)
def test_a_step_of_a_scale_is_named_by_words_and_not_by_signs_alone(site, page, state, names):
    STATES[state](site, page, "en")

    options = page.get_by_role("radio")
    expect(options.first).to_have_accessible_name(names[0])
    expect(options.last).to_have_accessible_name(names[1])


def test_a_text_field_is_named_by_its_question_and_tells_its_limit(site, page):
    STATES["question-text"](site, page, "en")

    field = page.get_by_role("textbox", name="What could we do better?")
    expect(field).to_have_accessible_description("Optional. At most 4000 characters.")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("nothing-chosen", "Choose an answer"),
        ("too-long", "Your answer has 4399 characters. Shorten it to at most 4000"),
    ],
)
def test_a_mistake_is_summed_up_and_its_link_leads_to_the_field(site, page, state, message):
    STATES[state](site, page, "en")

    assert page.title().startswith("Error: Question ")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("heading")).to_have_text("There is a problem")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=message)).to_be_focused()
    page.keyboard.press("Enter")
    field = page.locator("#answer")
    expect(field).to_be_focused()
    if state == "too-long":
        expect(field).to_have_accessible_description(
            f"Optional. At most 4000 characters. {message}"
        )
        assert len(field.input_value()) == 4400


def test_the_language_is_changed_by_links_that_are_written_in_it(site, page):
    STATES["question-csat"](site, page, "en")

    link = page.get_by_role("navigation", name="Language").get_by_role("link", name="Svenska")
    expect(link).to_have_attribute("lang", "sv")
    link.click()

    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page).to_have_title("Fråga 2 av 6 \N{EN DASH} Nordkust")


def test_without_a_choice_the_language_is_that_of_the_rule_and_else_that_of_the_browser(
    site, open_tab
):
    page = open_tab(locale="fi-FI")
    page.goto(site.invite(language="da").url)
    expect(page.locator("html")).to_have_attribute("lang", "da")

    page.goto(site.invite().url)
    expect(page.locator("html")).to_have_attribute("lang", "fi")
