"""CentraCX: ``/centracx/surveys`` and ``/centracx/surveys/{id}``, with credentials in the query."""

from __future__ import annotations

import hmac
import random
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from deploy.sandbox.http.faults import CENTRACX_REPLY, CENTRACX_START, CENTRACX_STATUS, SURVEYS
from deploy.sandbox.http.replies import Reply
from deploy.sandbox.surveys.bare_words import bare_words
from deploy.sandbox.surveys.vendor_routes import (
    USER,
    Refusal,
    VendorRequest,
    VendorRoute,
    json_reply,
)
from deploy.sandbox.world.world import World

NAME = "centracx"
PREFIX = "/centracx"
SHAPES = ("in_data", "as_start", "bare")  # of replies; a start is always as documented
COMPLETE = {"id": 6, "description": "Complete"}
PARTIALLY = {"id": 5, "description": "Partially Complete"}
INVALID = {"id": 1, "description": "Invalid"}
_PATH = re.compile(rf"{PREFIX}/surveys(?:/([0-9]{{1,18}}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of a survey; without answers it wants a text."""

    text: str
    type: str
    answers: tuple[tuple[int, str, str], ...] = ()  # id, text, value

    def document(self, number: int) -> dict[str, Any]:
        """Return the question as CentraCX sends it."""
        answers = [{"text": text, "id": id_, "value": value} for id_, text, value in self.answers]
        named = {"text": self.text, "type": self.type, "title": f"Question {number}"}
        return {**named, "answers": answers} if answers else named


# The first question is the documented sample.
FUND = Question(
    text="You recently switched your fund, could you please tell us what prompted this? Please "
    "select the one response that best reflects your personal circumstances.",
    type="Choose one",
    answers=(
        (48, "Discussion with family and friends", "1"),
        (47, "Seeing or reading something in the media", "2"),
        (81, "Higher returns", "5"),
        (46, "Consultation with a financial adviser", "3"),
        (45, "Other", "4"),
    ),
)
RECOMMEND = Question(
    text="How likely are you to recommend us?",
    type="Choose One",
    answers=tuple((120 - number, str(number), str(number)) for number in range(11)),
)
COMMENT = Question(text="What could we do better?", type="Enter Text")
RANK = Question(text="Rank our services", type="Rank Order", answers=((1, "Mail", "1"),))
SURVEYS_BY_ID: Mapping[int, tuple[str, tuple[Question, ...]]] = {
    2: ("Email Survey", (FUND, RECOMMEND, COMMENT)),
    3: ("Survey with a ranking", (RECOMMEND, RANK)),  # the second cannot be answered
}


@dataclass(slots=True, kw_only=True)
class Session:
    """A session, and what it was replied."""

    session_id: str
    survey_id: int
    started_at: float
    replies: list[dict[str, Any]] = field(default_factory=list)
    mistaken: int = 0  # replies that were no answer to its question

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions of its survey."""
        return SURVEYS_BY_ID[self.survey_id][1]

    @property
    def status(self) -> dict[str, Any]:
        """Its status as CentraCX sends it."""
        return COMPLETE if len(self.replies) == len(self.questions) else PARTIALLY


class Sessions:
    """The sessions in order, and the shape of replies."""

    def __init__(self, _world: World) -> None:
        self._rng = random.Random(11)  # noqa: S311  # its own, so that other choices stay the same
        self.shape = SHAPES[0]
        self.all: dict[str, Session] = {}

    def begin(self, survey_id: int, at: float) -> Session:
        """Return a new session."""
        session_id = "".join(self._rng.choices(string.ascii_letters, k=8))
        self.all[session_id] = Session(session_id=session_id, survey_id=survey_id, started_at=at)
        return self.all[session_id]


def find_route(method: str, path: str, query: Mapping[str, str]) -> VendorRoute | None:
    """Return the route of a request. A start and a reply differ by ``sessionId`` alone."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    one = found[1] is not None
    match method, one, bool(query.get("sessionId")):
        case "GET", False, _:
            return VendorRoute(type=SURVEYS, handle=list_surveys, error=error)
        case "POST", True, False:
            return VendorRoute(type=CENTRACX_START, handle=start, error=error)
        case "POST", True, True:
            return VendorRoute(type=CENTRACX_REPLY, handle=reply, error=error)
        case "GET", True, _:
            return VendorRoute(type=CENTRACX_STATUS, handle=status, error=error)
        case _:
            return None


def list_surveys(request: VendorRequest) -> Reply:
    """Answer with the deployed surveys."""
    _check_credentials(request)
    return json_reply(
        [{"id": id_, "description": name} for id_, (name, _) in SURVEYS_BY_ID.items()]
    )


def start(request: VendorRequest) -> Reply:
    """Begin a session, and answer with its id and first question."""
    _check_credentials(request)
    request.json_object()
    survey_id = _survey_id(request)
    session = request.world.state(Sessions).begin(survey_id, request.world.now())
    return json_reply(
        {
            "message": "New Session Started",
            "survey": {"title": SURVEYS_BY_ID[survey_id][0]},
            "question": session.questions[0].document(1),
            "sessionId": session.session_id,
        }
    )


def reply(request: VendorRequest) -> Reply:
    """Take an answer, from the body or the query, and answer with the next question if any."""
    _check_credentials(request)
    given = {**request.query, **request.json_object()}
    sessions = request.world.state(Sessions)
    session = sessions.all.get(request.query["sessionId"])
    if session is None or session.survey_id != _survey_id(request):
        raise Refusal(404, "Invalid session")
    number = len(session.replies)
    try:
        if session.status == COMPLETE:
            raise Refusal(400, "The survey is complete")
        taken = _taken(session.questions[number], given)
    except Refusal:
        session.mistaken += 1
        raise
    session.replies.append({"question": session.questions[number].text, **taken})
    if session.status == COMPLETE:
        return _shaped(sessions.shape, {"message": "Survey Complete"})
    following = session.questions[number + 1].document(number + 2)
    return _shaped(sessions.shape, {"question": following})


def status(request: VendorRequest) -> Reply:
    """Answer with the status of a session."""
    _check_credentials(request)
    sessions = request.world.state(Sessions)
    session = sessions.all.get(request.query.get("sessionId", ""))
    found = {"status": INVALID if session is None else session.status}
    return _bare(found) if sessions.shape == "bare" else json_reply(found)


def error(status_: int, texts: tuple[str, ...]) -> Reply:
    """Return an error document; with 200 the error is in the body alone."""
    within = 400 if status_ == 200 else status_
    return json_reply({"status": within, "data": {"message": " ".join(texts)}}, status=status_)


def with_question_as_text(answer: Reply) -> Reply:
    """Return a reply whose question is a text, with its type and answers beside it."""
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return answer
    for part in (document, document.get("data") or {}):
        if isinstance(question := part.get("question"), dict):
            part |= {**question, "question": question["text"]}
            del part["text"]
    return json_reply(document, status=answer.status)


def set_shape(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    """Set the shape of replies: ``{"shape": "bare"}``. Raises ``ValueError``."""
    if set(body) != {"shape"} or body["shape"] not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}")
    world.state(Sessions).shape = body["shape"]
    return {"shape": body["shape"]}


def expected_sessions(world: World) -> list[dict[str, Any]]:
    """Return every session, and what it was replied."""
    return [
        {
            "session_id": session.session_id,
            "survey": session.survey_id,
            "started_at": session.started_at,
            "status": session.status["description"],
            "replies": session.replies,
            "mistaken": session.mistaken,
        }
        for session in world.state(Sessions).all.values()
    ]


def _check_credentials(request: VendorRequest) -> None:
    key, secret = request.query.get("apikey", ""), request.query.get("apisecret", "")
    if not hmac.compare_digest(f"{key}\0{secret}".encode(), f"{USER}\0{request.password}".encode()):
        raise Refusal(401, "Unauthorized")


def _survey_id(request: VendorRequest) -> int:
    survey_id = int(request.path.rpartition("/")[2])
    if survey_id not in SURVEYS_BY_ID:
        raise Refusal(404, "No such survey")
    return survey_id


def _taken(question: Question, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to ``question``. Raises ``Refusal``."""
    if not question.answers:
        feedback = given.get("feedback")
        if not isinstance(feedback, str) or not feedback:
            raise Refusal(400, "feedback is required")
        return {"feedback": feedback}
    ids = {id_: text for id_, text, _ in question.answers}
    answer_id = str(given.get("answerId", ""))
    if not answer_id.isdecimal() or int(answer_id) not in ids:
        raise Refusal(400, "answerId is not one of the answers")
    return {"answer_id": int(answer_id), "answer": ids[int(answer_id)]}


def _shaped(shape: str, content: dict[str, Any]) -> Reply:
    if shape == "as_start":
        return json_reply(content)
    if shape == "in_data":
        return json_reply({"status": 200, "data": content})
    question = content.get("question")
    if isinstance(question, dict):  # as in the sample, the question itself is a text
        content = {"question": question["text"], **question}
        del content["text"]
    return _bare({"status": 200, "data": content})


def _bare(document: Mapping[str, Any]) -> Reply:
    return Reply(status=200, body=bare_words(document).encode(), media_type="application/json")
