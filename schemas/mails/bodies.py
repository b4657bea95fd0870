"""Chooses which parts of a mail are its text, its HTML and its files.

As in RFC 8621, 4.1.4: what a program would show one below the other is one body, and alternatives
are one of text and one of HTML.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from schemas.mails.parts import PLAIN, Part
from schemas.text.charset import codec_of, decode, decode_html
from schemas.text.html import has_images, text_of_html
from schemas.text.unstorable import replace_unstorable_text

HTML = "text/html"
ALTERNATIVE = "multipart/alternative"
RELATED = "multipart/related"
PRE_WRAP = '"white-space: pre-wrap"'
BYTE_ORDER_MARK = "\N{BYTE ORDER MARK}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """The texts of a mail, and the parts that are files."""

    plain: str = field(repr=False)
    html: str = field(repr=False)
    charset: str  # declared by the first text; "" if none or ASCII
    leaves: list[Part] = field(repr=False)  # all parts with content, in their order
    files: frozenset[Part] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part is: in which multipart, at which position, and whether it is an alternative."""

    part: Part
    within: str = ""
    position: int = 0
    in_alternative: bool = False


def choose_bodies(root: Part) -> Bodies:
    """Return the texts and the files of a mail."""
    leaves, plain_parts, html_parts = _choose(root)
    if not plain_parts and not html_parts:
        plain_parts = html_parts = [part for part in leaves if _may_be_text(part)][:1]
    texts = {part: _text(part) for part in dict.fromkeys([*plain_parts, *html_parts])}
    html = _joined_html([(part, texts[part]) for part in html_parts])
    plain = _joined_plain([(part, texts[part]) for part in plain_parts])
    if not plain and html:
        plain = text_of_html(html)
    elif html and not has_images(html) and not text_of_html(html):
        html = ""
    return Bodies(
        plain=plain,
        html=html,
        charset=next(filter(codec_of, (part.charset for part in texts)), ""),
        leaves=leaves,
        files=frozenset(part for part in leaves if part not in texts),
    )


def _choose(root: Part) -> tuple[list[Part], list[Part], list[Part]]:
    """Return all parts with content, those of the text and those of the HTML."""
    places, waiting = [], [_Place(root)]
    while waiting:
        place = waiting.pop()
        places.append(place)
        kind = place.part.content_type
        in_alternative = place.in_alternative or kind == ALTERNATIVE
        waiting += [
            _Place(part, kind, position, in_alternative)
            for position, part in reversed(list(enumerate(place.part.parts)))
        ]
    found: dict[Part, tuple[list[Part], list[Part]]] = {}
    for place in reversed(places):  # parts before their multipart
        found[place.part] = _within(place, found) if place.part.parts else _alone(place)
    plain, html = found[root]
    return [place.part for place in places if not place.part.parts], plain, html


def _within(
    place: _Place, found: dict[Part, tuple[list[Part], list[Part]]]
) -> tuple[list[Part], list[Part]]:
    plain: list[Part] = []
    html: list[Part] = []
    for part in place.part.parts:
        below = found.pop(part)
        plain += below[0]
        html += below[1]
    if place.part.content_type == ALTERNATIVE:
        return plain or html, html or plain
    return plain, html


def _alone(place: _Place) -> tuple[list[Part], list[Part]]:
    part = place.part
    is_first = place.position == 0
    if not _may_be_text(part) or not (is_first or (place.within != RELATED and not part.is_named)):
        return [], []
    if not place.in_alternative:
        return [part], [part]
    return ([part], []) if part.content_type == PLAIN else ([], [part])


def _may_be_text(part: Part) -> bool:
    return part.content_type in (PLAIN, HTML) and part.disposition != "attachment"


def _text(part: Part) -> str:
    read = decode_html if part.content_type == HTML else decode
    text = read(part.content, part.charset)
    return replace_unstorable_text(text.replace("\r\n", "\n").removeprefix(BYTE_ORDER_MARK))


def _joined_plain(parts: list[tuple[Part, str]]) -> str:
    texts = [text_of_html(text) if part.content_type == HTML else text for part, text in parts]
    written = [text for text in texts if text.strip()]
    return written[0] if len(written) == 1 else "\n\n".join(text.strip("\n") for text in written)


def _joined_html(parts: list[tuple[Part, str]]) -> str:
    """Return the HTML of all parts, those of plain text included; "" if there is no HTML."""
    if all(part.content_type == PLAIN for part, _ in parts):
        return ""
    return "\n".join(
        text if part.content_type == HTML else f"<div style={PRE_WRAP}>{escape(text)}</div>"
        for part, text in parts
        if text.strip()
    )
