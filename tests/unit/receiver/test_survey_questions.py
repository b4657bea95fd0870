"""How a question of a survey is asked, and how its answer is read."""

from __future__ import annotations

import pytest

from receiver.surveys.asking import (
    Layout,
    Mistake,
    own_question,
    value_given,
    vendor_question,
    words_given,
)
from receiver.surveys.language import texts_in
from receiver.surveys.submission import cleaned, number_of
from schemas.surveys.questions import Kind, Option, Question
from workers.surveys.store.sessions import GivenAnswer

EN = texts_in("en")
OPTIONS = (Option(key="a", text={"en": "One"}), Option(key="b", text={"de": "Zwei"}))


def question(kind, **given):
    options = OPTIONS if kind is Kind.CHOICE else ()
    text = {"en": "How?", "sv": "Hur?"}
    default = {"key": "k", "kind": kind, "text": text, "variable": None, "options": options}
    return Question(**default | given)


def given(**columns):
    names = ("question_text", "choice_id", "choice_text", "number", "highest", "comment")
    return GivenAnswer(**dict.fromkeys(names) | columns)


@pytest.mark.parametrize("kind", Kind)
def test_nothing_is_chosen_if_nothing_was_given(kind):
    asked = own_question(question(kind), EN)

    assert asked.value_of(None) is None
    if kind is not Kind.TEXT:
        assert asked.read(None) == Mistake("error_choose")


@pytest.mark.parametrize(
    ("kind", "lowest", "highest"),
    [(Kind.NPS, 0, 10), (Kind.CSAT, 1, 5), (Kind.CES, 1, 7), (Kind.STARS, 1, 5)],
)
def test_a_scale_offers_each_of_its_numbers_and_no_other(kind, lowest, highest):
    asked = own_question(question(kind), EN)
    numbers = range(lowest, highest + 1)

    assert [one.value for one in asked.choices] == [str(number) for number in numbers]
    for number in numbers:
        answer = asked.read(str(number))
        assert (answer.number, answer.lowest, answer.highest) == (number, lowest, highest)
    for wrong in (str(lowest - 1), str(highest + 1), "", "x", f"0{highest}"):
        assert isinstance(asked.read(wrong), Mistake)


def test_an_option_is_chosen_by_its_number_or_its_key():
    asked = own_question(question(Kind.CHOICE), EN)

    for value in ("2", "b"):
        answer = asked.read(value)
        assert (answer.choice_id, answer.choice_text, answer.number) == (2, "Zwei", None)


def test_a_text_has_4000_characters_at_most_whatever_ends_its_lines():
    asked = own_question(question(Kind.TEXT), EN)

    assert asked.read("ab\r\n" * 1333).comment == ("ab\n" * 1333).strip()
    assert asked.read("x" * 4000).comment == "x" * 4000
    assert asked.read("x" * 4001) == Mistake("error_long", length=4001)


def test_a_text_in_another_language_is_marked():
    assert own_question(question(Kind.NPS), EN).language is None
    assert own_question(question(Kind.NPS), texts_in("fi")).language == "en"
    only = question(Kind.NPS, text={"et": "Kuidas?"})
    assert own_question(only, EN).language == "et"


@pytest.mark.parametrize(
    ("texts", "layout"),
    [
        ([str(number) for number in range(11)], Layout.ROW),
        ([str(number) for number in range(5)], Layout.LIST),
        (["one", "two", "3", "4", "5", "6", "7"], Layout.LIST),
    ],
)
def test_many_short_choices_of_a_vendor_stand_in_a_row(texts, layout):
    choices = [{"id": number, "text": text, "value": None} for number, text in enumerate(texts)]

    assert vendor_question({"kind": "choice", "text": "?", "choices": choices}, EN).layout is layout


@pytest.mark.parametrize(
    ("answer", "value", "words"),
    [
        ({"kind": "nps", "number": 9.0}, "9", "9"),
        ({"kind": "csat", "number": 4.0}, "4", "Satisfied (4)"),
        ({"kind": "stars", "number": 3.0}, "3", "3 of 5"),
        ({"kind": "choice", "choice_id": 48, "choice_text": "Bad"}, "48", "Bad"),
        ({"kind": "text", "comment": "Hm"}, "Hm", "Hm"),
        ({"kind": "text"}, "", ""),
    ],
)
def test_an_earlier_answer_is_shown_in_words_and_compared_by_its_value(answer, value, words):
    assert value_given(given(**answer)) == value
    assert words_given(given(**answer), EN) == words


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("07", 7), ("0", None), ("-1", None), ("", None), (None, None), ("٣", None)],
)
def test_a_position_is_a_small_positive_number(text, number):
    assert number_of(text) == number
    assert number_of("9" * 10) is None


def test_what_cannot_be_stored_is_replaced():
    assert cleaned(" a\0b\ud800c\r\nd\re ") == "a\ufffdb\ufffdc\nd\ne"
