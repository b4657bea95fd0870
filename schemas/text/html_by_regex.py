"""The words of an HTML text, for people and for searching."""

from __future__ import annotations

import re
from html import unescape

LONGEST = 200_000  # characters of HTML that are looked at, images inside of it not counted

_INLINE_IMAGE = re.compile(r"data:[\w/+.;=-]{0,100},[A-Za-z0-9+/=%]*")
_UNSEEN = re.compile(
    r"<(script|style|head|title)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<(/?[A-Za-z][A-Za-z0-9]*)\b(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>|<[!?][^<>]*>")
_LINE = re.compile(r"/?(?:br|p|div|li|ul|ol|tr|table|hr|pre|blockquote|section|h[1-6])")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def text_of(html: str) -> str:
    """Return what a browser would show of ``html`` or plain text, roughly, in lines.

    For reading and searching only: the outcome may hold anything and is no safe HTML.
    """
    html = _INLINE_IMAGE.sub("", html)[:LONGEST]
    if "<" in html:
        html = _TAG.sub(_instead, _SPACES.sub(" ", _UNSEEN.sub(" ", html)))
    lines = (" ".join(line.split()) for line in unescape(html).splitlines())
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def has_images(html: str | None) -> bool:
    """Tell whether HTML may show images."""
    return html is not None and "<img" in html.lower()


def _instead(tag: re.Match[str]) -> str:
    name = (tag[1] or "").lower()
    if name == "li":
        return "\n- "
    if _LINE.fullmatch(name):
        return "\n"
    return "\t" if name in ("td", "th") else ""
