"""Converts HTML to plain text, for people and for searching."""

from __future__ import annotations

import re

from lxml.etree import HTMLParser

from schemas.text.unstorable import replace_unstorable_text

BLOCKS = frozenset(
    {"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "section"}
    | {"table", "tr", "ul"}
)
BREAKS = frozenset({"br", "hr"})
CELLS = frozenset({"td", "th"})
HIDDEN = frozenset({"script", "style", "title"})

PIECE_CHARACTERS = 1024
MAX_DEPTH = 256

_LINE_ENDS = re.compile(r"[\r\n\f]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def text_of_html(html: str, *, or_plain: bool = False) -> str:
    """Return the text that a browser would show of ``html``, a line for each block.

    Malformed HTML loses no text, except in an element or a comment that a browser would hide.
    Takes linear time. The result is no safe HTML: it may hold anything.

    ``or_plain``: ``html`` may be plain text. If it holds no ``<``, its lines are kept.
    """
    text = _Text(keep_lines=or_plain and "<" not in html)
    _parse(replace_unstorable_text(html), text)
    lines = (" ".join(line.split()) for line in "".join(text.pieces).splitlines())
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def has_images(html: str | None) -> bool:
    """Return whether HTML may show images."""
    return html is not None and "<img" in html.lower()


class _Text:
    """A target of the parser that collects text."""

    def __init__(self, *, keep_lines: bool) -> None:
        self.pieces: list[str] = []
        self.depth = 0
        self.hidden = 0
        self._keep_lines = keep_lines

    def start(self, tag: str, _attributes: object) -> None:
        self.depth += 1
        if tag in HIDDEN:
            self.hidden += 1
        if tag == "li":
            self.pieces.append("\n- ")
        elif tag in BLOCKS or tag in BREAKS:
            self.pieces.append("\n")
        elif tag in CELLS or tag in HIDDEN:
            self.pieces.append(" ")

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag in HIDDEN:
            self.hidden -= 1
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def data(self, text: str) -> None:
        if not self.hidden:
            self.pieces.append(text if self._keep_lines else _LINE_ENDS.sub(" ", text))

    def close(self) -> None:
        pass


def _parse(html: str, text: _Text) -> None:
    """Parse in pieces, and begin afresh where elements nest too deeply.

    For an end tag libxml2 searches all open elements, so unbounded depth takes quadratic time.
    """
    parser = _parser(text)
    start = 0
    while start < len(html):
        # A piece that ends with a tag: to begin afresh within one would make text of its rest.
        end = html.rfind(">", start, start + PIECE_CHARACTERS) + 1 or start + PIECE_CHARACTERS
        parser.feed(html[start:end].encode())
        start = end
        if text.depth > MAX_DEPTH and not text.hidden:
            parser.close()
            parser = _parser(text)
    parser.close()


def _parser(text: _Text) -> HTMLParser:
    # ``huge_tree`` lifts a limit on the length of a text; no tree is built.
    parser = HTMLParser(target=text, encoding="utf-8", huge_tree=True)
    parser.feed(b"")
    return parser
