"""How one question is asked in one language, and how its answer is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from receiver.surveys.language import Texts
from receiver.surveys.submission import cleaned
from schemas.surveys.questions import LANGUAGES, SCALES, Kind, Option, Question, text_in
from workers.surveys.store.sessions import GivenAnswer, NewAnswer

MAX_TEXT = 4_000  # characters
_SHORT = 2  # characters of labels that stand in one row
_ROW = 6  # labels, from which on they do


class Layout(StrEnum):
    """How the possible answers stand on the page."""

    ROW = "row"
    LIST = "list"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One possible answer."""

    value: str  # in the form
    label: str
    number: str | None = None  # stands before the label
    meaning: str | None = None  # said after the label, not shown: the hint says it
    stars: str | None = None
    key: str | None = None  # of an option in the rules file


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it is asked."""

    kind: Kind
    text: str = field(repr=False)
    language: str | None = None  # of the text, if it is another than that of the page
    key: str | None = None
    hint: str | None = None
    choices: tuple[Choice, ...] = ()
    scale: tuple[float, float] | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)  # by value

    @property
    def layout(self) -> Layout:
        """How the answers stand on the page."""
        if self.kind is Kind.TEXT:
            return Layout.TEXT
        short = all(len(one.label) <= _SHORT for one in self.choices)
        return Layout.ROW if short and len(self.choices) >= _ROW else Layout.LIST

    def value_of(self, given: str | None) -> str | None:
        """Return the value that a form, or a link of a mail, names; ``None`` for none of ours."""
        if given is None:
            return None
        named = (one.value for one in self.choices if given in (one.value, one.key))
        return next(named, None)

    def read(self, given: str | None) -> NewAnswer | Mistake:
        """Return the answer that a form holds, or what is wrong with it."""
        answer = NewAnswer(question_key=self.key, question_text=self.text, kind=self.kind)
        if self.kind is Kind.TEXT:
            comment = cleaned(given or "")
            if len(comment) > MAX_TEXT:
                return Mistake("error_long", length=len(comment))
            return replace(answer, comment=comment or None)
        value = self.value_of(given)
        if value is None:
            return Mistake("error_choose")
        if self.kind is Kind.CHOICE:
            label = next(one.label for one in self.choices if one.value == value)
            answer = replace(answer, choice_id=int(value), choice_text=label)
        if self.scale is None:
            return answer
        lowest, highest = self.scale
        return replace(answer, number=self.numbers[value], lowest=lowest, highest=highest)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why an answer is not taken: a text of the page."""

    text: str
    length: int = 0


def own_question(question: Question, texts: Texts) -> Asked:
    """Return a question of the rules file as it is asked."""
    text = text_in(texts.language, question.text)
    asked = Asked(
        kind=question.kind,
        key=question.key,
        text=text,
        language=_language_of(text, question.text, texts),
        hint=_hint(question.kind, texts),
    )
    if question.kind is Kind.TEXT:
        return asked
    if question.kind is Kind.CHOICE:
        return replace(asked, choices=_options(question.options, texts))
    lowest, highest = SCALES[question.kind]
    steps = range(lowest, highest + 1)
    return replace(
        asked,
        choices=tuple(_step(question.kind, number, texts) for number in steps),
        scale=(lowest, highest),
        numbers={str(number): number for number in steps},
    )


def vendor_question(question: Mapping[str, Any], texts: Texts) -> Asked:
    """Return a question that CentraCX sent, as it is asked.

    If the values of all its choices are whole numbers, the answer has that number.
    """
    text = str(question["text"])
    if question["kind"] == Kind.TEXT:
        return Asked(kind=Kind.TEXT, text=text, hint=_hint(Kind.TEXT, texts))
    choices: Sequence[Mapping[str, Any]] = question["choices"]
    numbers = {str(one["id"]): _whole(one["value"]) for one in choices}
    known = {value: number for value, number in numbers.items() if number is not None}
    complete = len(known) == len(choices) > 0
    return Asked(
        kind=Kind.CHOICE,
        text=text,
        choices=tuple(Choice(value=str(one["id"]), label=str(one["text"])) for one in choices),
        scale=(min(known.values()), max(known.values())) if complete else None,
        numbers=known if complete else {},
    )


def value_given(given: GivenAnswer) -> str:
    """Return the value that the form had when an earlier answer was given."""
    if given.kind == Kind.TEXT:
        return given.comment or ""
    if given.kind == Kind.CHOICE:
        return str(given.choice_id)
    return _digits(given.number)


def words_given(given: GivenAnswer, texts: Texts) -> str:
    """Return an earlier answer in words; empty if the question was left empty."""
    if given.kind == Kind.TEXT:
        return given.comment or ""
    if given.kind == Kind.CHOICE:
        return given.choice_text or ""
    choice = _step(Kind(given.kind), int(given.number or 0), texts)
    return f"{choice.label} ({choice.number})" if choice.number else choice.label


def _step(kind: Kind, number: int, texts: Texts) -> Choice:
    lowest, highest = SCALES[kind]
    if kind is Kind.NPS:
        meanings = {lowest: texts("nps_lowest"), highest: texts("nps_highest")}
        return Choice(value=str(number), label=str(number), meaning=meanings.get(number))
    if kind is Kind.STARS:
        label = texts("stars", number=number, highest=highest)
        stars = "★" * number + "☆" * (highest - number)
        return Choice(value=str(number), label=label, stars=stars)
    label = texts.steps(kind.value)[number - lowest]
    return Choice(value=str(number), label=label, number=str(number))


def _options(options: Sequence[Option], texts: Texts) -> tuple[Choice, ...]:
    return tuple(
        Choice(value=str(number), label=text_in(texts.language, option.text), key=option.key)
        for number, option in enumerate(options, 1)
    )


def _hint(kind: Kind, texts: Texts) -> str | None:
    if kind is Kind.CHOICE:
        return None
    return texts(f"{kind.value}_hint", limit=MAX_TEXT)


def _language_of(text: str, translations: Mapping[str, str], texts: Texts) -> str | None:
    if translations.get(texts.language) == text:
        return None
    order = (*LANGUAGES, *sorted(translations))
    return next(name for name in order if translations.get(name) == text)


def _whole(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _digits(number: float | None) -> str:
    return "" if number is None else str(int(number))
