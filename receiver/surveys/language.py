"""The texts of the survey pages, and the choice of their language."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from schemas.surveys.questions import LANGUAGES

DEFAULT = "en"
_WRITTEN_AS = {"no": "nb", "nn": "nb"}  # Norwegian in general, and Nynorsk


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language."""

    language: str
    words: Mapping[str, str | list[str]] = field(repr=False)

    def __call__(self, key: str, **values: object) -> str:
        """Return a text, with its braces filled in."""
        return str(self.words[key]).format(**values)

    def steps(self, key: str) -> list[str]:
        """Return the words of a scale, the lowest first."""
        words = self.words[key]
        return words if isinstance(words, list) else [words]


@cache
def texts_in(language: str) -> Texts:
    """Return the texts of one of ``LANGUAGES``."""
    file = resources.files(__package__) / "texts" / f"{language}.toml"
    return Texts(language, tomllib.loads(file.read_text("utf-8")))


def choose(wanted: Iterable[str | None], accepted: Iterable[str]) -> str:
    """Return the language of a page: the first of ``wanted`` or ``accepted`` that we speak."""
    for tag in (*wanted, *accepted):
        if (language := spoken(tag)) is not None:
            return language
    return DEFAULT


def spoken(tag: str | None) -> str | None:
    """Return our language for a tag such as ``sv-FI``; ``None`` if we do not speak it."""
    primary = (tag or "").replace("_", "-").partition("-")[0].lower()
    language = _WRITTEN_AS.get(primary, primary)
    return language if language in LANGUAGES else None
