"""What a page says, without its markup."""

from __future__ import annotations

import re
from contextlib import suppress
from html.parser import HTMLParser

BREAKS = frozenset({"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table"})
SILENT = frozenset({"script", "style", "head", "title"})
_SPACES = re.compile(r"[ \t\r\n\f]+")
_LINES = re.compile(r" *\n *(?:\n *)+")


def text_of_html(html: str) -> str:
    """Return the text of HTML, a line for each block; what comes after a broken ``<![`` is lost."""
    reader = _Reader()
    with suppress(AssertionError):  # what the parser raises over it
        reader.feed(html)
        reader.close()
    text = _LINES.sub("\n\n", "".join(reader.pieces))
    return "\n".join(line.strip() for line in text.strip().split("\n"))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        elif tag in BREAKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in BREAKS and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(_SPACES.sub(" ", data))
