"""The look of our pages: ``[theme]`` of the rules file, with its logo and readable colours."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree
from marshmallow import ValidationError, post_load, validates_schema

from schemas.surveys import values
from schemas.surveys.values import Table, Value

MAX_LOGO_BYTES = 20 * 1024
MIN_CONTRAST = 4.5  # WCAG 2, level AA
COLOUR, TEXT_COLOUR = "#1f4e79", "#ffffff"
_DATA = re.compile(r"data:image/(png|svg\+xml);base64,[A-Za-z0-9+/]+=*")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_PNG = b"\x89PNG\r\n\x1a\n"
_SVG = "{http://www.w3.org/2000/svg}"
_ACTIVE = frozenset({"script", "foreignObject", "iframe", "object", "embed", "handler", "listener"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The look of our pages."""

    name: str | None
    logo: str | None  # a data URL
    colour: str  # behind headings and buttons
    text_colour: str  # on it


DEFAULT = Theme(name=None, logo=None, colour=COLOUR, text_colour=TEXT_COLOUR)


class ThemeTable(Table):
    """``[theme]``; its logo is a data URL already."""

    name = Value(values.text(max_length=100), load_default=None)
    logo = Value(lambda value: _data_url(value), load_default=None)
    colour = Value(lambda value: _colour(value), load_default=COLOUR)
    text_colour = Value(lambda value: _colour(value), load_default=TEXT_COLOUR)

    @validates_schema
    def _check_contrast(self, data: dict[str, Any], **_: Any) -> None:
        found = contrast(data["colour"], data["text_colour"])
        if found < MIN_CONTRAST:
            raise ValidationError(
                f"has a contrast of {found:.2f} to colour; make one darker or the other lighter, "
                f"until it is {MIN_CONTRAST}",
                "text_colour",
            )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Theme:
        return Theme(**data)


def load_logo(value: Any, read_file: Callable[[str], bytes]) -> str:
    """Return the logo at a path as a data URL. Raises ``ValueError`` that says what is wrong.

    ``read_file`` may raise ``OSError``.
    """
    path = values.text(max_length=1000)(value)
    if _DATA.fullmatch(path):
        return path
    try:
        content = read_file(path)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or 'no such file'}") from None
    if len(content) > MAX_LOGO_BYTES:
        raise ValueError(f"has {len(content)} bytes; at most {MAX_LOGO_BYTES} (20 KiB) are allowed")
    if content.startswith(_PNG):
        return f"data:image/png;base64,{base64.b64encode(content).decode()}"
    return f"data:image/svg+xml;base64,{base64.b64encode(inert_svg(content)).decode()}"


def inert_svg(content: bytes) -> bytes:
    """Return an SVG without scripts, handlers and references to other documents.

    Raises ``ValueError`` if it is none.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise ValueError("must be a file in PNG or SVG") from None
    if root.tag != f"{_SVG}svg" or root.getroottree().docinfo.doctype:
        raise ValueError("must be a file in PNG or SVG, without a DOCTYPE")
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or etree.QName(element).localname in _ACTIVE:
            _remove(element)
            continue
        for name, value in list(element.attrib.items()):
            if _is_active(etree.QName(name).localname, value):
                del element.attrib[name]
        if etree.QName(element).localname == "style" and _refers_outside(element.text or ""):
            _remove(element)
    return bytes(etree.tostring(root))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _is_active(name: str, value: str) -> bool:
    if name.lower().startswith("on"):
        return True
    if name in ("href", "src"):
        return not value.startswith("#")
    return _refers_outside(value)


def _refers_outside(css: str) -> bool:
    """Tell whether a style or an attribute refers to anything but parts of the same document."""
    squeezed = re.sub(r"\s|\\|/\*.*?\*/", "", css).lower()
    return "@import" in squeezed or bool(re.search(r"url\((?![\"']?#)|image-set\(", squeezed))


def _data_url(value: Any) -> str:
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise ValueError("must be the path of a file in PNG or SVG")
    return value


def _colour(value: Any) -> str:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError('must be a colour such as "#1f4e79"')
    return value.lower()


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
