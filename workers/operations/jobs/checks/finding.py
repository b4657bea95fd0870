"""What a look at one thing found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line: what was looked at, how it is, and what to do if it is not well."""

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
