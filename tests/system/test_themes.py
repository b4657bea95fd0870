"""A company's own look: its logo and its colours, which can be read in light and dark."""

from __future__ import annotations

import tempfile
from base64 import b64encode
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.databases import database_copy
from tests.system.page_faults import overflowing, small_targets, violations
from tests.system.states import STATES
from tests.system.survey_site import survey_site

# Drawn with styles of its own, which the policy of the page must not forbid.
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 40"><style>.sea{fill:#fff}</style>
<path class="sea" d="M0 30q10-20 20 0t20 0 20 0 20 0v10H0z"/>
<text x="88" y="30" font-size="24" style="fill:#fff">Kust</text></svg>"""
# 24 by 8 pixels in two colours.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAICAIAAABsw6g0AAAAF0lEQVR42mOQIgIcFJIniBhGDRrJBgEA08R4AeoP"
    "+90AAAAASUVORK5CYII="
)
LOGOS = {
    "svg": f"data:image/svg+xml;base64,{b64encode(SVG.encode()).decode()}",
    "png": f"data:image/png;base64,{PNG}",
}
# A dark, a pale and a glaring colour; each with letters that can be read on it.
COLOURS = {
    "dark": ("#14213d", "#ffffff"),
    "pale": ("#ffd166", "#1a1a1a"),
    "red": ("#c1121f", "#fff8f0"),
}
SHOWN = (
    "question-nps",
    "question-choice",
    "answered-before",
    "done",
    "chat-second",
)


@pytest.fixture(scope="module", params=COLOURS)
def colours(request):
    return request.param


@pytest.fixture(scope="module")
def site(postgres, template, valkey, colours):
    """The survey pages with a logo and two colours."""
    colour, text_colour = COLOURS[colours]
    logo = LOGOS["png" if colours == "pale" else "svg"]
    theme = (
        f'[theme]\nname = "Nordkust"\nlogo = "{logo}"\ncolour = "{colour}"\n'
        f'text_colour = "{text_colour}"\n'
    )
    with (
        database_copy(postgres, template) as database,
        tempfile.TemporaryDirectory(prefix="cention-tests-") as folder,
        survey_site(database, valkey.url, Path(folder), theme=theme) as running,
    ):
        yield running


@pytest.fixture
def tab(open_tab):
    return open_tab(java_script_enabled=True)


@pytest.mark.parametrize("state", SHOWN)
def test_in_the_colours_of_a_company_everything_fits_and_can_be_read(
    site, tab, state, colours, screenshots
):
    STATES[state](site, tab, "en")
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        assert violations(tab) == ""
        for width, name in ((1280, "wide"), (320, "narrow")):
            tab.set_viewport_size({"width": width, "height": 640})
            assert overflowing(tab) + small_targets(tab) == [], (scheme, name)
            path = screenshots / "themes" / f"{state}-{colours}-{name}-{scheme}.png"
            tab.screenshot(path=path, full_page=True)


def test_the_logo_is_drawn_and_has_the_name_of_the_company(site, tab):
    tab.goto(site.invite().url)

    logo = tab.get_by_role("banner").get_by_role("img", name="Nordkust")
    expect(logo).to_be_visible()
    assert logo.evaluate("one => one.complete && one.naturalWidth > 0")
    box = logo.bounding_box()
    assert 0 < box["height"] <= 40
    assert 0 < box["width"] <= 192


def test_headings_and_buttons_have_the_colours_of_the_company(site, tab, colours):
    tab.goto(site.invite().url)

    def colour_of(selector):
        return tab.locator(selector).evaluate(
            "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
        )

    expected = [f"rgb{tuple(bytes.fromhex(one[1:]))}" for one in COLOURS[colours]]
    assert colour_of(".brand") == expected
    assert colour_of("form button") == expected
