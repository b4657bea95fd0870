"""The look of the survey pages: one style sheet made of a theme, readable in light and dark."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from string import Template

from markupsafe import Markup

from schemas.surveys.theme import MIN_CONTRAST, Theme, contrast

LIGHT, DARK = "#ffffff", "#121212"  # backgrounds, as in style.css
CONTRAST_IN_THE_DARK = 7.0  # coloured letters on black look dimmer than they measure
_STEPS = 20


@dataclass(frozen=True, slots=True)
class Look:
    """How a page looks."""

    name: str | None
    logo: str | None = field(repr=False)  # a data URL
    css: Markup = field(repr=False)
    css_source: str  # for Content-Security-Policy: this style sheet, and no other


@lru_cache(maxsize=64)
def look_of(theme: Theme) -> Look:
    """Return the look that a theme describes."""
    template = (resources.files(__package__) / "style.css").read_text("utf-8")
    css = Template(template).substitute(
        colour=theme.colour,
        text_colour=theme.text_colour,
        accent_light=readable(theme.colour, LIGHT),
        accent_dark=readable(theme.colour, DARK, at_least=CONTRAST_IN_THE_DARK),
    )
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    # It holds our own file and four colours.
    return Look(theme.name, theme.logo, Markup(css), f"'sha256-{digest}'")  # noqa: S704


def readable(colour: str, background: str, *, at_least: float = MIN_CONTRAST) -> str:
    """Return ``colour``, made darker or lighter until it can be read on a background."""
    goal = 0 if contrast("#000000", background) > contrast("#ffffff", background) else 255
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for step in range(_STEPS + 1):
        mixed = (round(one + (goal - one) * step / _STEPS) for one in channels)
        found = "#" + "".join(f"{one:02x}" for one in mixed)
        if contrast(found, background) >= at_least:
            break
    return found
