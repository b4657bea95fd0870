"""Sentences of alerts and checks: texts in English that know what they are in other languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from workers import operations
from workers.operations.rules.wording import format_duration

ENGLISH = "en"
THOUSANDS = {ENGLISH: ",", "sv": "\N{NARROW NO-BREAK SPACE}"}
LANGUAGES = tuple(THOUSANDS)


class Sentence(str):
    """A text in English, made from the text of a name, such as ``alert.parked``, and values.

    Values are whole numbers, other sentences, and texts of others, which stay as they are in every
    language. With ``count``, another number than one has the text of the name with ``_many``.
    """

    key: str
    values: Mapping[str, str | int]

    def __new__(cls, key: str, **values: str | int) -> Sentence:
        """Make a sentence. Raises ``KeyError`` if there is no such text, or a value is missing."""
        made = super().__new__(cls, _written(ENGLISH, key, values))
        made.key, made.values = key, values
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Return what a copy is made from."""
        return (self.key,), dict(self.values)


def in_language(text: str, language: str) -> str:
    """Return a sentence in one of ``LANGUAGES``; a text of others as it is."""
    if isinstance(text, Sentence):
        return _written(language, text.key, text.values)
    return text


def duration(seconds: float) -> Sentence:
    """Return a duration in one unit, rounded down."""
    text = str(format_duration(seconds))
    return Sentence(f"duration.{text[-1]}", number=text[:-1])


def age(moment: datetime, at: datetime) -> Sentence:
    """Return how long before ``at`` a time was."""
    return duration((at - moment).total_seconds())


def ago(moment: datetime | None, at: datetime) -> Sentence:
    """Return when something happened before ``at``; ``None``: never."""
    return Sentence("when.never") if moment is None else Sentence("when.ago", age=age(moment, at))


def joined(parts: Sequence[Sentence]) -> Sentence:
    """Return parts of a sentence, at least one, with commas between them."""
    first, *others = parts
    for one in others:
        first = Sentence("list.and", first=first, following=one)
    return first


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return all texts of a language, by ``table.name``."""
    return read_texts(operations.__name__, language)


def read_texts(package: str, language: str) -> Mapping[str, str]:
    """Return the texts in the file of a language, in the folder texts of a package."""
    file = resources.files(package) / "texts" / f"{language}.toml"
    tables = tomllib.loads(file.read_text("utf-8"))
    return {
        f"{table}.{name}": value for table, rows in tables.items() for name, value in rows.items()
    }


def _written(language: str, key: str, values: Mapping[str, str | int]) -> str:
    name = key if values.get("count", 1) == 1 else f"{key}_many"
    shown = {place: _shown(language, value) for place, value in values.items()}
    return catalogue(language)[name].format_map(shown)


def _shown(language: str, value: str | int) -> str:
    if isinstance(value, int):
        return f"{value:,}".replace(",", THOUSANDS[language])
    return in_language(value, language)
