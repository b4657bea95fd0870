"""What a worker does next in a survey that a vendor conducts, and how long it waits."""

from __future__ import annotations

import pytest

from workers.surveys.rules.conversation import (
    Step,
    centracx_step,
    is_same_question,
    value_of_answer,
    wait_s,
)

QUESTION = {"text": "Which way?", "kind": "choice", "choices": [{"id": 1, "text": "By mail"}]}


@pytest.mark.parametrize(
    ("forwarded", "step"),
    [
        (["no"], Step.REPLY),
        (["taken", "no"], Step.REPLY),
        (["taken"], Step.CHECK),
        (["unknown"], Step.RECOVER),
        (["taken", "sending"], Step.RECOVER),
        ([], Step.RECOVER),
    ],
)
def test_the_last_answer_decides_what_is_asked_next(forwarded, step):
    assert centracx_step(begun=True, forwarded=forwarded) == step


def test_a_session_that_has_not_begun_is_begun():
    assert centracx_step(begun=False, forwarded=["no"]) == Step.START


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({}, True),
        ({"id": 7}, True),
        ({"text": "Which?"}, False),
        ({"kind": "text"}, False),
        ({"choices": [{"id": 2, "text": "By mail"}]}, False),
        ({"choices": []}, False),
    ],
)
def test_a_question_is_the_same_in_its_words_its_kind_and_its_choices(change, is_same):
    assert is_same_question(QUESTION, QUESTION | change) == is_same


@pytest.mark.parametrize(
    ("waited_s", "next_s"), [(0.0, 1.0), (2.0, 1.0), (3.0, 1.5), (30.0, 15.0), (600.0, 15.0)]
)
def test_a_failure_is_waited_for_half_as_long_as_it_has_lasted_within_bounds(waited_s, next_s):
    assert wait_s(waited_s) == next_s


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"number": 9.0, "choice_text": "nine", "comment": "c"}, "9"),
        ({"number": 0.0, "choice_text": None, "comment": None}, "0"),
        ({"number": 2.5, "choice_text": None, "comment": None}, "2.5"),
        ({"number": None, "choice_text": "By mail", "comment": "c"}, "By mail"),
        ({"number": None, "choice_text": "", "comment": "c"}, ""),
        ({"number": None, "choice_text": None, "comment": "fine"}, "fine"),
        ({"number": None, "choice_text": None, "comment": None}, None),
    ],
)
def test_a_variable_gets_the_number_else_the_choice_else_the_text(answer, value):
    assert value_of_answer(**answer) == value
