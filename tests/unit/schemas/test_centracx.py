"""CentraCX: its samples, and every way in which its documents contradict themselves."""

from __future__ import annotations

import pytest

from schemas.errors import DocumentError
from schemas.surveys.bare_json import read_json_or_bare_words
from schemas.surveys.centracx import (
    Choice,
    NoQuestion,
    Question,
    QuestionKind,
    SessionStatus,
    Survey,
    body_of_reply,
    read_answer,
    read_status,
    read_surveys,
)

SAMPLE_SURVEYS = [{"id": 2, "description": "Email Survey"}]
QUESTION_TEXT = (
    "You recently switched your fund, could you please tell us what prompted this? Please select "
    "the one response that best reflects your personal circumstances."
)
ANSWERS = [
    {"text": "Discussion with family and friends", "id": 48, "value": "1"},
    {"text": "Seeing or reading something in the media", "id": 47, "value": "2"},
    {"text": "Higher returns", "id": 81, "value": "5"},
    {"text": "Consultation with a financial adviser", "id": 46, "value": "3"},
    {"text": "Other", "id": 45, "value": "4"},
]
SAMPLE_START = {
    "message": "New Session Started",
    "survey": {"title": "Email Survey"},
    "question": {
        "text": QUESTION_TEXT,
        "type": "Choose one",
        "title": "Question 1",
        "answers": ANSWERS,
    },
    "sessionId": "eYzTVujx",
}
SAMPLE_REPLY = b"""{
status: 200
data: {
question: abcdef
title: question 2
}
}"""
SAMPLE_STATUS = b"""{
status: {
id: 5,
description: 'Partially Complete'
}
}"""
CHOICES = (Choice(id=1, text="Yes", value="y"), Choice(id=2, text="No", value=None))
YES_NO = [{"id": 1, "text": "Yes", "value": "y"}, {"id": 2, "text": "No"}]


def text_question(text: str) -> Question:
    return Question(text=text, kind=QuestionKind.TEXT)


def choice_question(text: str) -> Question:
    return Question(text=text, kind=QuestionKind.CHOICE, choices=CHOICES)


def test_the_sample_of_a_list_is_read():
    assert read_surveys(SAMPLE_SURVEYS) == (Survey(id=2, description="Email Survey"),)


@pytest.mark.parametrize("document", [{}, None, [{}], [{"id": "x"}], [{"id": -1}], ["x"]])
def test_what_is_no_list_of_surveys_is_refused(document):
    with pytest.raises(DocumentError):
        read_surveys(document)


def test_the_sample_of_a_start_has_its_session_and_the_question_with_ids_and_values():
    answer = read_answer(SAMPLE_START)

    assert answer.session_id == "eYzTVujx"
    assert answer.question.document() == {
        "text": QUESTION_TEXT,
        "kind": "choice",
        "choices": [{name: one[name] for name in ("id", "text", "value")} for one in ANSWERS],
    }


def test_the_sample_of_a_reply_is_a_text_question():
    answer = read_answer(read_json_or_bare_words(SAMPLE_REPLY))

    assert answer.question == text_question("abcdef")
    assert answer.error is None


def test_the_sample_of_a_status_is_partially_complete():
    status = read_status(read_json_or_bare_words(SAMPLE_STATUS))

    assert status is SessionStatus.PARTIALLY_COMPLETE


@pytest.mark.parametrize(
    ("document", "question"),
    [
        # At the top or within data, an object or a text.
        ({"question": {"text": "How?"}}, text_question("How?")),
        ({"status": 200, "data": {"question": {"text": "How?"}}}, text_question("How?")),
        ({"question": "How?"}, text_question("How?")),
        ({"data": {"question": "How?", "answers": YES_NO}}, choice_question("How?")),
        # The type, in any case, within the question or beside its text.
        ({"question": {"text": "How?", "type": "enter text"}}, text_question("How?")),
        (
            {"question": {"text": "A", "type": "CHOOSE  ONE", "answers": YES_NO}},
            choice_question("A"),
        ),
        (
            {"data": {"question": "A", "type": "Choose one", "answers": YES_NO}},
            choice_question("A"),
        ),
        # Without a type, answers tell.
        ({"question": {"text": "A", "answers": YES_NO}}, choice_question("A")),
        ({"question": {"text": "A", "answers": []}}, text_question("A")),
        ({"question": {"text": "A", "type": "Enter Text", "answers": YES_NO}}, text_question("A")),
        # A title alone.
        ({"question": {"title": "Question 1"}}, text_question("Question 1")),
        # The text can be stored.
        ({"question": "a\0b"}, text_question("a�b")),
        # Nothing is asked any more.
        ({"status": 200, "data": {}}, None),
        ({"message": "Thank you"}, None),
        ({"question": None}, None),
        ({"question": ""}, None),
        ({"data": {"question": {}}}, None),
    ],
)
def test_a_question_is_found_wherever_it_stands(document, question):
    assert read_answer(document).question == question


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ({"text": "A", "type": "Rank order"}, "'Rank order'"),
        ({"text": "A", "type": 7}, "'7'"),
        ({"text": "A", "type": ["x"]}, "type"),
        ({"text": "A", "type": "Choose one"}, "choices"),
        ({"text": "A", "answers": "Yes"}, "choices"),
        ({"text": "A", "answers": [*YES_NO, {"text": "Perhaps"}]}, "choices"),
        ({"text": "A", "answers": [{"id": 1, "text": " "}]}, "choices"),
        ({"text": "A", "answers": [*YES_NO, "Perhaps"]}, "choices"),
        ({"text": "A", "answers": [*YES_NO, {"id": 2, "text": "Never"}]}, "same id"),
        ({"type": "Enter Text"}, "no text"),
        (["x"], "no text"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(question, problem):
    found = read_answer({"question": question}).question

    assert isinstance(found, NoQuestion)
    assert problem in found.problem


@pytest.mark.parametrize(
    ("document", "session_id"),
    [
        ({"sessionId": "eYzTVujx"}, "eYzTVujx"),
        ({"data": {"sessionId": "A"}}, "A"),
        ({"sessionId": 12}, "12"),
        ({"sessionId": ""}, None),
        ({"sessionId": " "}, None),
        ({"sessionId": "a\nb"}, None),
        ({"sessionId": "x" * 201}, None),
        ({"sessionId": None}, None),
        ({}, None),
    ],
)
def test_the_id_of_a_session_is_a_text_as_it_came(document, session_id):
    assert read_answer(document).session_id == session_id


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (399, None),
        (400, 400),
        ("404", 404),
        (500, 500),
        ({"id": 5}, None),
        ("Complete", None),
        (None, None),
        (True, None),
    ],
)
def test_a_status_of_400_or_more_in_the_body_is_an_error(status, error):
    assert read_answer({"status": status}).error == error


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (
            {"status": {"id": 5, "description": "Partially Complete"}},
            SessionStatus.PARTIALLY_COMPLETE,
        ),
        (
            {"status": {"id": 99, "description": "partially  complete"}},
            SessionStatus.PARTIALLY_COMPLETE,
        ),
        ({"status": {"description": "COMPLETE"}}, SessionStatus.COMPLETE),
        ({"status": "Complete"}, SessionStatus.COMPLETE),
        ({"status": "Invalid"}, SessionStatus.INVALID),
        ({"status": 200, "data": {"status": {"description": "Invalid"}}}, SessionStatus.INVALID),
        ({"status": 404, "data": {"message": "x"}}, None),
    ],
)
def test_the_status_of_a_session_is_read_by_its_description(document, status):
    assert read_status(document) == status


@pytest.mark.parametrize(
    "document", [{}, None, [], {"status": 200}, {"status": {"id": 5}}, {"status": "Half"}]
)
def test_a_document_without_a_status_is_refused(document):
    with pytest.raises(DocumentError):
        read_status(document)


def test_a_text_is_sent_as_feedback_and_a_choice_by_its_id():
    assert body_of_reply(feedback="Fine") == {"feedback": "Fine"}
    assert body_of_reply(answer_id=48) == {"answerId": 48}


@pytest.mark.parametrize("both", [{}, {"feedback": "a", "answer_id": 1}])
def test_a_reply_is_either_a_text_or_a_choice(both):
    with pytest.raises(DocumentError):
        body_of_reply(**both)


def test_what_it_says_beside_may_be_told_and_the_session_is_in_no_representation():
    answer = read_answer({"message": "New", "data": {"error": "Bad"}, "sessionId": "eYzTVujx"})

    assert answer.texts == ("New", "Bad")
    assert "eYzTVujx" not in repr(answer)
