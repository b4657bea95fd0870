"""Undoes what spreadsheets and address books do to addresses in their cells."""

from __future__ import annotations

import re
import unicodedata

# What does not show. The joiners stay: some scripts and many emoji need them.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_JOINERS = re.compile("[\u200c\u200d]")
_FORMULA = re.compile(r'="([^"]*)"')  # how a spreadsheet keeps digits as text
_ROUNDED = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
_BETWEEN = re.compile(r"\s*(?:[;\r\n]|:::)\s*")
_COMMA = re.compile(r"\s*,\s*")
_NAMED = re.compile(r"[^<>@]*<([^<>]*)>")
_SCHEME = re.compile(r"(?:mailto|tel):", re.IGNORECASE)


def visible_text(cell: str) -> str:
    """Return a cell without what does not show, and with ordinary spaces at most between words."""
    return _INVISIBLE.sub("", cell).replace("\u00a0", " ").strip()


def addresses_in(cell: str) -> list[str]:
    """Return the addresses in a cell, which may be a list, in Unicode's composed form.

    Names around an address in angle brackets, ``mailto:`` and the quotation marks of a formula that
    is a text are left out; anything else is returned unchanged.
    """
    text = _JOINERS.sub("", visible_text(cell))
    if found := _FORMULA.fullmatch(text):
        text = found[1]
    text = unicodedata.normalize("NFC", text.removeprefix("'"))
    parts = [part for part in _BETWEEN.split(text) if part]
    if all("@" in part for listed in parts for part in _COMMA.split(listed)):
        parts = [part for listed in parts for part in _COMMA.split(listed)]
    return [_SCHEME.sub("", _without_name(part), count=1).strip() for part in parts]


def is_rounded_number(text: str) -> bool:
    """Return whether a text is a number of which a spreadsheet has dropped digits."""
    return _ROUNDED.fullmatch(text) is not None


def _without_name(part: str) -> str:
    found = _NAMED.fullmatch(part)
    return found[1] if found else part
