"""Surveys that we ask ourselves: ``[[page]]`` of the rules file, and its questions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from schemas.surveys import values
from schemas.surveys.values import Table, Value

LANGUAGES = ("en", "sv", "fi", "nb", "da", "de")  # of the pages' own texts
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
MAX_QUESTION = 500  # characters


class Kind(StrEnum):
    """A kind of question."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    STARS = "stars"
    CHOICE = "choice"
    TEXT = "text"


SCALES: Mapping[Kind, tuple[int, int]] = {
    Kind.NPS: (0, 10),
    Kind.CSAT: (1, 5),
    Kind.CES: (1, 7),
    Kind.STARS: (1, 5),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of the answers to a question of kind ``choice``."""

    key: str
    text: Mapping[str, str]  # by language


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a page."""

    key: str
    kind: Kind
    text: Mapping[str, str]  # by language
    variable: str | None  # id of the Alvaria variable that takes its answer
    options: tuple[Option, ...]  # of a choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A survey that we ask ourselves."""

    name: str
    questions: tuple[Question, ...]


class OptionTable(Table):
    """One table of ``options``."""

    key = Value(lambda value: key(value), required=True)
    text = Value(lambda value: texts(value), required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Option:
        return Option(**data)


class QuestionTable(Table):
    """One ``[[page.question]]``."""

    key = Value(lambda value: key(value), required=True)
    kind = Value(values.one_of(tuple(Kind)), required=True)
    text = Value(lambda value: texts(value), required=True)
    variable = Value(values.text(max_length=200), load_default=None)
    options = fields.List(
        fields.Nested(OptionTable),
        load_default=(),
        error_messages={"invalid": "must be written as [[page.question.options]]"},
    )

    @validates_schema(skip_on_field_errors=False)
    def _check_options(self, data: dict[str, Any], **_: Any) -> None:
        kind, options = data.get("kind"), data.get("options", ())
        if kind == Kind.CHOICE and len(options) < 2:
            raise ValidationError("needs at least two [[page.question.options]]", "options")
        if kind not in (None, Kind.CHOICE) and options:
            raise ValidationError("belong to questions of kind choice only", "options")
        keys = [option.key for option in options if isinstance(option, Option)]
        if len(set(keys)) != len(keys):
            raise ValidationError("have the same key twice", "options")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Question:
        kind, options = Kind(data.pop("kind")), tuple(data.pop("options"))
        return Question(kind=kind, options=options, **data)


QUESTIONS = {
    "required": "is missing; add [[page.question]]",
    "invalid": "must be written as [[page.question]]",
}


class PageTable(Table):
    """One ``[[page]]``."""

    name = Value(values.text(max_length=100), required=True)
    question = fields.List(fields.Nested(QuestionTable), required=True, error_messages=QUESTIONS)

    @validates_schema(skip_on_field_errors=False)
    def _check_questions(self, data: dict[str, Any], **_: Any) -> None:
        questions = data.get("question")
        if questions == []:
            raise ValidationError("needs at least one [[page.question]]", "question")
        seen: set[str] = set()
        for question in questions or ():
            if isinstance(question, Question) and question.key in seen:
                raise ValidationError(f"has two questions of the key {question.key}", "question")
            seen.add(getattr(question, "key", ""))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Page:
        return Page(name=data["name"], questions=tuple(data["question"]))


def key(value: Any) -> str:
    """Return a key: it stands in forms, exports and views."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise ValueError("must be letters, digits, - or _, beginning with a letter")
    return value


def texts(value: Any) -> dict[str, str]:
    """Return a text in at least one language, by language."""
    return by_language(value, values.text(max_length=MAX_QUESTION, lines=True))


def by_language(value: Any, read: Callable[[Any], str]) -> dict[str, str]:
    """Return what ``read`` makes of each text, by language."""
    if not isinstance(value, dict) or not value:
        raise ValueError('must be texts by language, such as { en = "…", sv = "…" }')

    def in_language(named: tuple[str, Any]) -> str:
        language, one = named
        if not _LANGUAGE.fullmatch(language):
            raise ValueError("is no language; write one such as en or sv")
        return read(one)

    return values.read_each({name: (name, one) for name, one in value.items()}, in_language)


def text_in(language: str | None, translations: Mapping[str, str]) -> str:
    """Return a text in a language, or else in the first of ``LANGUAGES`` that it has."""
    order = (language or "", *LANGUAGES, *sorted(translations))
    return next(translations[name] for name in order if name in translations)


def missing_texts(pages: tuple[Page, ...]) -> Iterator[str]:
    """Yield a sentence for each text that lacks a language which the pages speak."""
    for page in pages:
        for question in page.questions:
            for what, translations in (
                (f"question {question.key}", question.text),
                *((f"{question.key}, option {one.key}", one.text) for one in question.options),
            ):
                if lacking := [name for name in LANGUAGES if name not in translations]:
                    yield (
                        f"Page {page.name}, {what}: no text in {', '.join(lacking)}; "
                        f'"{text_in(None, translations)}" is shown instead.'
                    )
