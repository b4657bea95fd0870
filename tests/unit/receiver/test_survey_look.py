"""The look of the survey pages: readable with any colour, light and dark."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from receiver.surveys.look import DARK, LIGHT, look_of, readable
from schemas.surveys.theme import DEFAULT, MIN_CONTRAST, contrast

COLOURS = ("#000000", "#ffffff", "#ffff00", "#1f4e79", "#e30613", "#767676", "#00ff88", "#121212")


def palettes(css):
    """Return the colours of the style sheet, light and dark, by name."""
    light, dark = (
        dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", rules))
        for rules in re.findall(r":root\{([^}]*)\}", css)
    )
    return light, light | dark


@pytest.mark.parametrize("background", [LIGHT, DARK])
@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_is_changed_until_it_can_be_read(colour, background):
    found = readable(colour, background)

    assert contrast(found, background) >= MIN_CONTRAST
    if contrast(colour, background) >= MIN_CONTRAST:
        assert found == colour


@pytest.mark.parametrize("colour", COLOURS)
def test_every_text_of_the_page_can_be_read_in_light_and_dark(colour):
    on_it = "#000000" if contrast(colour, "#000000") >= MIN_CONTRAST else "#ffffff"
    css = look_of(replace(DEFAULT, colour=colour, text_colour=on_it)).css

    for palette, background in zip(palettes(css), (LIGHT, DARK), strict=True):
        assert palette["bg"] == background
        for name in ("text", "muted", "error", "accent"):
            assert contrast(palette[name], background) >= MIN_CONTRAST, name
        assert contrast(palette["line"], background) >= 3
        assert contrast(palette["on-brand"], palette["brand"]) >= MIN_CONTRAST


def test_only_this_style_sheet_is_allowed():
    look = look_of(DEFAULT)
    digest = base64.b64encode(hashlib.sha256(str(look.css).encode()).digest()).decode()

    assert look.css_source == f"'sha256-{digest}'"


def test_the_style_sheet_loads_nothing_and_moves_nothing():
    css = look_of(DEFAULT).css

    assert not re.search(r"url\(|@import|@font-face|</|animation|transition|[$]", css)
    assert "prefers-color-scheme:dark" in css
    assert "min-height:48px" in css
