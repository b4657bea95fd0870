"""The texts of the pages, one file per language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from flask import request, session

from workers.operations.jobs import sentences

LANGUAGES = {"en": "English", "sv": "Svenska"}
DEFAULT = "en"


def current_language() -> str:
    """Return the language that the person has chosen, or the browser prefers."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES, DEFAULT) or DEFAULT


def text(key: str, **values: object) -> str:
    """Return the text of ``key``, such as ``now.title``, with ``values`` in its places.

    ``values`` are data: a brace in one of them stays a brace. Raises ``KeyError``.
    """
    return catalogue(current_language())[key].format_map(values)


def translated(sentence: str) -> str:
    """Return a sentence of an alert in the language of the page; a text of others as it is."""
    return sentences.in_language(sentence, current_language())


def has_text(key: str) -> bool:
    """Return whether there is a text of this name."""
    return key in catalogue(DEFAULT)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return all texts of a language, by ``table.name``."""
    return sentences.read_texts(__package__, language)
