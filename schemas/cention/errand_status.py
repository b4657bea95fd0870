"""Reads the status of an errand, which Cention sends as the HTML of icons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from schemas.text.html import elements

MAX_HTML_CHARACTERS = 2_000  # some 15 icons


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandStatus:
    """The status that an errand's icons show."""

    code: str | None  # names of the icons, such as ACTION_ANSWER, joined by ", "
    title: str | None  # their titles, in the language of the workspace


def read_status(html: str | None) -> ErrandStatus:
    """Return the status in ``html``; a text without icons is its own title.

    Source: Cention Errand Report, sample of ``basic.data.status``.
    """
    if html is None or not html.strip():
        return ErrandStatus(code=None, title=None)
    if len(html) > MAX_HTML_CHARACTERS:
        return ErrandStatus(code=None, title=html.strip())
    return _read_icons(html)


@lru_cache(maxsize=256)  # a workspace has a few dozens
def _read_icons(html: str) -> ErrandStatus:
    icons = elements(html, "img")
    if not icons:
        return ErrandStatus(code=None, title=html.strip())
    codes = [_stem(icon.get("src", "")) for icon in icons]
    titles = [icon.get("title", "").strip() for icon in icons]
    return ErrandStatus(code=_joined(codes), title=_joined(titles))


def _joined(texts: list[str]) -> str | None:
    return ", ".join(filter(None, texts)) or None


def _stem(source: str) -> str:
    """Return ``ACTION_ANSWER`` of ``/ng/img/icons/ACTION_ANSWER.png?v=2``."""
    name = source.partition("?")[0].rpartition("/")[2]
    return name.rpartition(".")[0] or name
