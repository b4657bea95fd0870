"""Converts HTML to plain text, and finds elements in it; the only module that parses HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml.etree import HTMLParser

from schemas.text.unstorable import replace_unstorable_text

BLOCKS = frozenset(
    {"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "section"}
    | {"table", "tr", "ul"}
)
BREAKS = frozenset({"br", "hr"})
CELLS = frozenset({"td", "th"})
HIDDEN = frozenset({"script", "style", "title"})

CHUNK_CHARACTERS = 1024
MAX_DEPTH = 256

_LINE_ENDS = re.compile(r"[\r\n\f]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def text_of_html(html: str, *, or_plain: bool = False) -> str:
    """Return the text that a browser would show of ``html``, a line for each block.

    Malformed HTML loses no text, except in an element or a comment that a browser would hide.
    Takes linear time. The result is not safe to use as HTML: escape it.

    ``or_plain``: ``html`` may be plain text. If it holds no ``<``, its lines are kept.
    """
    text = _Text(keep_lines=or_plain and "<" not in html)
    _parse(replace_unstorable_text(html), text)
    lines = (" ".join(line.split()) for line in "".join(text.chunks).splitlines())
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def has_images(html: str | None) -> bool:
    """Return whether HTML may show images."""
    return html is not None and "<img" in html.lower()


def elements(html: str, tag: str) -> list[Mapping[str, str]]:
    """Return the attributes of each element ``tag`` in ``html``. Takes linear time."""
    found = _Elements(tag)
    _parse(replace_unstorable_text(html), found)
    return found.attributes


class _Target:
    """A target of the parser, which calls its methods."""

    def __init__(self) -> None:
        self.depth = 0
        self.hidden = 0

    def start(self, tag: str, _attributes: Mapping[str, str]) -> None:
        self.depth += 1
        self.hidden += tag in HIDDEN

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.hidden -= tag in HIDDEN

    def data(self, text: str) -> None:
        pass

    def close(self) -> None:
        pass


class _Elements(_Target):
    def __init__(self, tag: str) -> None:
        super().__init__()
        self.attributes: list[Mapping[str, str]] = []
        self._tag = tag

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        super().start(tag, attributes)
        if tag == self._tag:
            self.attributes.append(dict(attributes))


class _Text(_Target):
    def __init__(self, *, keep_lines: bool) -> None:
        super().__init__()
        self.chunks: list[str] = []
        self._keep_lines = keep_lines

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        super().start(tag, attributes)
        if tag == "li":
            self.chunks.append("\n- ")
        elif tag in BLOCKS or tag in BREAKS:
            self.chunks.append("\n")
        elif tag in CELLS or tag in HIDDEN:
            self.chunks.append(" ")

    def end(self, tag: str) -> None:
        super().end(tag)
        if tag in BLOCKS:
            self.chunks.append("\n")

    def data(self, text: str) -> None:
        if not self.hidden:
            self.chunks.append(text if self._keep_lines else _LINE_ENDS.sub(" ", text))


def _parse(html: str, target: _Target) -> None:
    """Parse in chunks, and start a new parser where elements nest too deeply.

    For an end tag libxml2 searches all open elements, so unbounded depth takes quadratic time.
    """
    parser = _parser(target)
    start = 0
    while start < len(html):
        # A chunk ends with a tag if it can: a new parser would take the rest of one for text.
        end = html.rfind(">", start, start + CHUNK_CHARACTERS) + 1 or start + CHUNK_CHARACTERS
        parser.feed(html[start:end].encode())
        start = end
        if target.depth > MAX_DEPTH and not target.hidden:
            parser.close()
            parser = _parser(target)
    parser.close()


def _parser(target: _Target) -> HTMLParser:
    # ``huge_tree`` lifts a limit on the length of a text; no tree is built.
    parser = HTMLParser(target=target, encoding="utf-8", huge_tree=True)
    parser.feed(b"")
    return parser
