"""Every state of the survey pages: for axe, in every width, light and dark, in every language."""

from __future__ import annotations

import pytest

from schemas.surveys.questions import LANGUAGES
from tests.system.page_faults import overflowing, small_targets, violations, zoom_text
from tests.system.states import STATES, WAITING

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
ZOOMED = {"width": 640, "height": 450}  # a window of 1280 pixels at 200 %


@pytest.fixture
def tab(open_tab):
    return open_tab(java_script_enabled=True)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_light_and_dark(site, tab, state):
    STATES[state](site, tab, "en")
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        exempt = ("meta-refresh",) if state == WAITING else ()
        assert violations(tab, except_=exempt) == ""


@pytest.mark.parametrize("state", STATES)
def test_everything_fits_and_can_be_hit_in_every_language(site, tab, state, screenshots):
    for language in LANGUAGES:
        STATES[state](site, tab, language)
        assert tab.locator("html").get_attribute("lang") == language
        for size, name in ((WIDE, "wide"), (NARROW, "narrow")):
            tab.set_viewport_size(size)
            assert overflowing(tab) + small_targets(tab) == [], (language, name)
            # In other languages than English one picture of each width shows all there is to see.
            both = ("light", "dark")
            for scheme in both if language == "en" else both[size is WIDE :][:1]:
                tab.emulate_media(color_scheme=scheme)
                tab.screenshot(
                    path=screenshots / language / f"{state}-{name}-{scheme}.png", full_page=True
                )


@pytest.mark.parametrize("state", STATES)
def test_at_twice_the_size_nothing_is_cut_off(site, tab, state):
    for language in ("fi", "de"):  # the longest words
        STATES[state](site, tab, language)
        tab.set_viewport_size(ZOOMED)
        assert overflowing(tab) == []
        tab.set_viewport_size(NARROW)
        zoom_text(tab, 200)
        assert overflowing(tab) == []


@pytest.mark.parametrize("state", STATES)
def test_whatever_has_the_focus_is_outlined(site, tab, state):
    STATES[state](site, tab, "en")
    if state == WAITING:
        tab.get_by_role("link", name="Check again").focus()
    for _ in range(6):
        tab.keyboard.press("Tab")
        outline = tab.evaluate(
            "() => { const one = document.activeElement.closest('label:has(:checked)')"
            " || document.activeElement; const style = getComputedStyle(one);"
            " return one === document.body ? '9px'"
            " : style.outlineStyle === 'none' ? '0px' : style.outlineWidth; }"
        )
        assert float(outline.removesuffix("px")) >= 2


def test_every_page_has_a_title_of_its_own_one_heading_and_one_main_part(site, page):
    titles = set()
    for reach in STATES.values():
        reach(site, page, "en")
        assert page.locator("h1").count() == page.locator("main").count() == 1
        assert page.locator("h1").inner_text().strip()
        titles.add(page.title())
    assert len(titles) >= 18
