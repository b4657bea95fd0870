"""CentraCX: deployed surveys, questions and their choices, and the status of a session.

Source: Cyara, CentraCX Survey API Delivery, ``/surveys`` and ``/surveys/{surveyId}``. Its sample of
a reply has the question as a text and within ``data``, that of a start as an object beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schemas.errors import DocumentError, Fault
from schemas.text.unstorable import replace_unstorable_text

MAX_SESSION_ID_CHARACTERS = 200
MAX_CHOICES = 200
_LARGEST_ID = 2**63 - 1
_FIRST_ERROR = 400
_SHOWN = 60  # characters of an unknown type of question


class QuestionKind(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"  # with the id of a choice
    TEXT = "text"


_KINDS = {"choose one": QuestionKind.CHOICE, "enter text": QuestionKind.TEXT}


class SessionStatus(StrEnum):
    """How far a session is."""

    INVALID = "invalid"  # unknown to CentraCX, or ended
    PARTIALLY_COMPLETE = "partially complete"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A deployed survey whose API Channel is on."""

    id: int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of the answers to a question."""

    id: int  # CentraCX is sent this, not ``value``
    text: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question that we can ask."""

    text: str
    kind: QuestionKind
    choices: tuple[Choice, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the question as ``feedback.session.question`` holds it."""
        return {
            "text": self.text,
            "kind": self.kind.value,
            "choices": [
                {"id": choice.id, "text": choice.text, "value": choice.value}
                for choice in self.choices
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NoQuestion:
    """A question that we cannot ask."""

    problem: str  # in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationAnswer:
    """The answer to a start or to a reply."""

    question: Question | NoQuestion | None  # None: it has no question, perhaps as it is the last
    session_id: str | None = field(repr=False)  # of a start
    error: int | None  # status of 400 or more within the body
    texts: tuple[str, ...] = field(repr=False)  # what it says beside, may quote what was sent


def body_of_reply(*, feedback: str | None = None, answer_id: int | None = None) -> dict[str, Any]:
    """Return the members of a reply: ``feedback`` to a text question, ``answer_id`` to a choice.

    Raises ``DocumentError`` unless it is exactly one of them.
    """
    if (feedback is None) == (answer_id is None):
        raise DocumentError(Fault("", "must have either a feedback or an answerId"))
    return {"feedback": feedback} if answer_id is None else {"answerId": answer_id}


def is_session_id(value: str) -> bool:
    """Return whether CentraCX may have made this id. It is case-sensitive."""
    return (
        0 < len(value) <= MAX_SESSION_ID_CHARACTERS and value.isprintable() and bool(value.strip())
    )


def read_surveys(document: Any) -> tuple[Survey, ...]:
    """Return the deployed surveys. Raises ``DocumentError`` if it is no list of them."""
    if not isinstance(document, list):
        raise DocumentError(Fault("", "must be a list"))
    return tuple(_survey(one, f"/{position}") for position, one in enumerate(document))


def read_answer(document: Any) -> ConversationAnswer:
    """Return the answer to a start or a reply. Raises ``DocumentError`` if it is no object.

    The question may stand at the top or within ``data``, as an object or a text, with its type and
    its answers in it or beside it. A question without a type is a choice if it has answers, else a
    text; of an unknown type it cannot be asked.
    """
    parts = _parts(document)
    questions = [each for each in map(_question, parts) if each is not None]
    session_ids = [each for part in parts if (each := _session_id(part.get("sessionId")))]
    return ConversationAnswer(
        question=questions[0] if questions else None,
        session_id=session_ids[0] if session_ids else None,
        error=_error(document),
        texts=tuple(_texts(parts)),
    )


def read_status(document: Any) -> SessionStatus | None:
    """Return the status of a session; ``None`` if the document reports an error instead.

    It is read by its description, as an object or a text, whatever its ``id``: only 5 is known.
    Raises ``DocumentError`` if there is none of the three.
    """
    parts = _parts(document)
    for part in parts:
        status = part.get("status")
        text = status.get("description") if isinstance(status, dict) else status
        found = _words(text)
        if found in tuple(SessionStatus):
            return SessionStatus(found)
    if _error(document) is not None:
        return None
    raise DocumentError(Fault("/status", "must be one of Invalid, Partially Complete, Complete"))


def texts_in(document: Any) -> tuple[str, ...]:
    """Return what a document says in words beside its question."""
    return tuple(_texts(_parts(document))) if isinstance(document, dict) else ()


def _parts(document: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the objects that may hold what an answer is about."""
    if not isinstance(document, dict):
        raise DocumentError(Fault("", "must be an object"))
    data = document.get("data")
    return (document, data) if isinstance(data, dict) else (document,)


def _survey(value: Any, pointer: str) -> Survey:
    if not isinstance(value, dict):
        raise DocumentError(Fault(pointer, "must be an object"))
    number = _id(value.get("id"))
    if number is None:
        raise DocumentError(Fault(f"{pointer}/id", "must be a whole number"))
    return Survey(id=number, description=_text(value.get("description")) or "")


def _question(part: Mapping[str, Any]) -> Question | NoQuestion | None:
    """Return the question of one part of an answer: ``None`` if it has none."""
    question = part.get("question")
    source: Mapping[str, Any] = part
    if isinstance(question, dict):
        source = question
        text = _text(question.get("text")) or _text(question.get("title"))
    else:
        text = _text(question)
    if question is None or question in ("", {}):
        return None
    if text is None:
        return NoQuestion(problem="The question has no text.")
    answers = source.get("answers")
    type_ = source.get("type")
    if type_ is None or type_ == "":
        kind = QuestionKind.CHOICE if answers else QuestionKind.TEXT
    elif (known := _KINDS.get(_words(type_) or "")) is not None:
        kind = known
    else:
        name = (_text(type_) or "no text")[:_SHOWN]
        return NoQuestion(problem=f"A question has the type {name!r}, which the API cannot answer.")
    if kind is QuestionKind.TEXT:
        return Question(text=text, kind=kind)
    return _choice_question(text, answers)


def _choice_question(text: str, answers: Any) -> Question | NoQuestion:
    """Return a question with all its choices: to leave one out would change what is asked."""
    listed = answers if isinstance(answers, list) else []
    choices = tuple(choice for one in listed if (choice := _choice(one)) is not None)
    if not 0 < len(choices) <= MAX_CHOICES or len(choices) < len(listed):
        return NoQuestion(problem="The choices of a question cannot be read.")
    if len({choice.id for choice in choices}) < len(choices):
        return NoQuestion(problem="Two choices of a question have the same id.")
    return Question(text=text, kind=QuestionKind.CHOICE, choices=choices)


def _choice(value: Any) -> Choice | None:
    if not isinstance(value, dict):
        return None
    number, text = _id(value.get("id")), _text(value.get("text"))
    if number is None or text is None:
        return None
    return Choice(id=number, text=text, value=_text(value.get("value")))


def _error(document: Mapping[str, Any]) -> int | None:
    number = _id(document.get("status"))
    return number if number is not None and number >= _FIRST_ERROR else None


def _session_id(value: Any) -> str | None:
    text = str(value) if type(value) is int and 0 <= value <= _LARGEST_ID else value
    return text if isinstance(text, str) and is_session_id(text) else None


def _id(value: Any) -> int | None:
    """Return a whole number, or digits, that a bigint holds."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    return value if type(value) is int and 0 <= value <= _LARGEST_ID else None


def _text(value: Any) -> str | None:
    """Return a text, or a whole number in digits, that is not blank and that Postgres can hold."""
    if type(value) is int and abs(value) <= _LARGEST_ID:
        return str(value)
    if not isinstance(value, str) or not value.strip():
        return None
    return replace_unstorable_text(value.strip())


def _words(value: Any) -> str | None:
    return " ".join(value.split()).casefold() if isinstance(value, str) else None


def _texts(parts: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
    for part in parts:
        for name in ("message", "error", "description"):
            if isinstance(text := part.get(name), str) and text.strip():
                yield text
