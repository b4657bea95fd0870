"""The result of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of ``cention check``: what was checked, its state, and the remedy if it is wrong.

    Texts that are no ``Sentence`` are in English in every language: what Postgres says.
    """

    level: Level
    about: str
    sentence: str
    remedy: str | None = None


def ok(about: str, sentence: str) -> Finding:
    return Finding(level=Level.OK, about=about, sentence=sentence)


def warning(about: str, sentence: str, remedy: str) -> Finding:
    return Finding(level=Level.WARNING, about=about, sentence=sentence, remedy=remedy)


def wrong(about: str, sentence: str, remedy: str) -> Finding:
    return Finding(level=Level.WRONG, about=about, sentence=sentence, remedy=remedy)
