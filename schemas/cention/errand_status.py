"""The status of an errand, which Cention sends as the HTML of icons."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_BETWEEN = ", "
_LONGEST_HTML = 2_000  # characters, some 15 icons; the parser takes quadratic time over junk


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandStatus:
    """What an errand's icons say."""

    code: str | None  # names of the icons, such as ACTION_ANSWER, joined by ", "
    title: str | None  # what a person reads there, in the language of the workspace


def read_status(html: str | None) -> ErrandStatus:
    """Return what all icons of ``html`` say; a text without icons is its own title.

    Source: Cention Errand Report, sample of ``basic.data.status``.
    """
    if html is None or not html.strip():
        return ErrandStatus(code=None, title=None)
    icons = _icons(html)
    if icons is None:
        return ErrandStatus(code=None, title=html.strip())
    return ErrandStatus(
        code=_BETWEEN.join(icons.codes) or None, title=_BETWEEN.join(icons.titles) or None
    )


def _icons(html: str) -> _Icons | None:
    """Return the icons of ``html``; ``None`` if it has none, or is no HTML that we would parse."""
    if "<" not in html or len(html) > _LONGEST_HTML:
        return None
    parser = _IconParser()
    try:
        parser.feed(html)
        parser.close()
    except AssertionError:  # what the parser raises over a broken <![
        return None
    return parser.icons


@dataclass(slots=True)
class _Icons:
    codes: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)


class _IconParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.icons: _Icons | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "img":
            return
        self.icons = self.icons or _Icons()
        said = dict(attrs)
        code = _stem(said.get("src") or "")
        title = (said.get("title") or "").strip()
        self.icons.codes.extend([code] if code else [])
        self.icons.titles.extend([title] if title else [])


def _stem(source: str) -> str:
    """Return ``ACTION_ANSWER`` of ``/ng/img/icons/ACTION_ANSWER.png?v=2``."""
    name = source.partition("?")[0].rpartition("/")[2]
    return name.rpartition(".")[0] or name
