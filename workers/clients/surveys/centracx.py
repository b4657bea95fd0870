"""CentraCX: a survey question by question; each answer returns the next question.

Source: Cyara, CentraCX Survey API Delivery. Key, secret, session and in one setting the answer
itself stand in the query of the URL, so no error, log line or representation has the URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from schemas.errors import DocumentError
from schemas.strict_json import InvalidJson
from schemas.surveys import centracx
from schemas.surveys.bare_json import read_json_or_bare_words
from schemas.surveys.centracx import (
    ConversationAnswer,
    NoQuestion,
    Question,
    SessionStatus,
    Survey,
)
from workers.clients import errors
from workers.clients.http import Answer, Timeouts
from workers.clients.surveys.outcomes import (
    NotRead,
    NotTriggered,
    Refused,
    SurelyNotSent,
    Unknown,
    VendorRefusesUs,
    outcome_of_invitation,
    outcome_of_reading,
)
from workers.clients.surveys.vendor_http import (
    encoded,
    headers_of,
    in_url,
    personal_texts,
    query_of,
    reason_from,
    vendor_http,
)
from workers.clients.transport import send_deadline

NAME = "centracx"
_REFUSING_US = frozenset({401, 403})


class ReplyIn(StrEnum):
    """Where an answer stands: the vendor's document names its fields, and not their place."""

    BODY = "body"
    QUERY = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A session has begun."""

    session_id: str = field(repr=False)
    question: Question | NoQuestion | None  # None: it has none; ask for the status


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """CentraCX took an answer."""

    question: Question | NoQuestion | None  # the next one; None: ask for the status


class CentracxApi:
    """One account of CentraCX. May be shared by threads."""

    def __init__(
        self,
        url: str,
        *,
        key: str,
        secret: str,
        timeouts: Timeouts,
        reply_in: ReplyIn = ReplyIn.BODY,
    ) -> None:
        """``url`` is the part before ``/surveys``.

        Raises ``ValueError``, without quoting them, for an empty key or secret, and for a URL that
        is not https.
        """
        if not key.strip() or not secret.strip():
            raise ValueError(f"{NAME}: key and secret are not empty")
        self._credentials = {"apikey": key, "apisecret": secret}
        self._reply_in = reply_in
        self._http = vendor_http(NAME, url, timeouts=timeouts, error_texts=_error_texts)

    def __repr__(self) -> str:
        return "CentracxApi()"

    def list_surveys(self) -> tuple[Survey, ...]:
        """Return the deployed surveys whose API Channel is on; nothing is changed by it.

        Raises ``ApiError``; a list in another form is ``InvalidResponse``.
        """
        answer = self._request("GET", "surveys", {})
        try:
            return centracx.read_surveys(_document(answer))
        except ValueError as error:
            raise errors.InvalidResponse(
                f"no readable list of surveys: {error}", api=NAME, status=answer.status
            ) from None

    def start(self, survey_id: int, *, send_until_s: float) -> Started | NotTriggered:
        """Begin a session; return it with its first question.

        ``Unknown``: a session may have begun that nobody uses; nobody was written to. Nothing is
        sent later than ``send_until_s``, on the clock of ``time.monotonic()``.
        """
        said = self._post(survey_id, {}, {}, send_until_s=send_until_s)
        if not isinstance(said, ConversationAnswer):
            return said
        if said.session_id is None:
            return Unknown(reason=f"{NAME}: a session began without an id")
        return Started(session_id=said.session_id, question=said.question)

    def reply(
        self,
        survey_id: int,
        session_id: str,
        *,
        feedback: str | None = None,
        answer_id: int | None = None,
        send_until_s: float,
    ) -> Replied | NotTriggered:
        """Answer the question that is open: a text by ``feedback``, a choice by ``answer_id``.

        ``Unknown``: ask for the status; a repeated answer could be taken for the next question.
        Refused without sending anything if there is no session, or not exactly one of both.
        """
        if not centracx.is_session_id(session_id):
            return Refused(reason=f"{NAME}: no session to reply to")
        try:
            fields = centracx.body_of_reply(feedback=feedback, answer_id=answer_id)
        except DocumentError as error:
            return Refused(reason=f"{NAME}: {error}")
        query, body = {"sessionId": session_id}, fields
        if self._reply_in is ReplyIn.QUERY:
            query |= {name: str(value) for name, value in fields.items()}
            body = {}
        said = self._post(
            survey_id, query, body, send_until_s=send_until_s, personal=personal_texts(feedback)
        )
        return Replied(question=said.question) if isinstance(said, ConversationAnswer) else said

    def status(self, survey_id: int, session_id: str) -> SessionStatus | NotRead:
        """Return how far a session is. ``SurelyNotSent``: it may be asked again."""
        if not centracx.is_session_id(session_id):
            return Refused(reason=f"{NAME}: no session to ask about")
        try:
            answer = self._request("GET", f"surveys/{survey_id}", {"sessionId": session_id})
        except errors.ApiError as error:
            return outcome_of_reading(error)
        try:
            document = _document(answer)
            status = centracx.read_status(document)
        except ValueError as error:
            return SurelyNotSent(reason=f"{NAME}: no readable status: {error}")
        if status is None:
            said = centracx.read_answer(document)
            return self._error(said, said.error or answer.status, self._secrets(session_id))
        return status

    def _post(
        self,
        survey_id: int,
        query: Mapping[str, str],
        body: Mapping[str, Any],
        *,
        send_until_s: float,
        personal: tuple[str, ...] = (),
    ) -> ConversationAnswer | NotTriggered:
        """Send a start or a reply; return the answer to it, or why there is none."""
        secrets = (*self._secrets(query.get("sessionId", "")), *personal)
        try:
            with send_deadline(send_until_s):
                answer = self._request("POST", f"surveys/{survey_id}", query, body, secrets=secrets)
        except errors.ApiError as error:
            return outcome_of_invitation(error)
        try:
            said = centracx.read_answer(_document(answer))
        except ValueError as error:
            return Unknown(reason=f"{NAME}: no readable answer (HTTP {answer.status}): {error}")
        if said.error is not None:
            return self._error(said, said.error, secrets)
        return said

    def _error(
        self, said: ConversationAnswer, status: int, secrets: tuple[str, ...]
    ) -> Refused | VendorRefusesUs:
        """Return the outcome of an error that came in a 2xx response."""
        reason = reason_from(said.texts, secrets=secrets, otherwise="no reason given")
        kind = VendorRefusesUs if status in _REFUSING_US else Refused
        return kind(reason=f"{NAME}: {reason} (status {status} in the answer)")

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        *,
        secrets: tuple[str, ...] = (),
    ) -> Answer:
        """Send one request with the credentials in its query. Raises ``ApiError``."""
        return self._http.request(
            method,
            f"{path}?{query_of({**self._credentials, **query})}",
            headers=headers_of(),
            body=None if body is None else encoded(body),
            secrets=secrets or self._secrets(query.get("sessionId", "")),
        )

    def _secrets(self, session_id: str) -> tuple[str, ...]:
        """Return what no text may hold, as it is and as the URL carries it."""
        texts = tuple(filter(None, (*self._credentials.values(), session_id)))
        return (*texts, *map(in_url, texts))


def _document(answer: Answer) -> Any:
    """Return the document of a 2xx response. Raises ``InvalidJson``."""
    return read_json_or_bare_words(answer.body)


def _error_texts(body: bytes) -> tuple[str, ...] | None:
    """Return what an object of any form says; its status says the rest."""
    try:
        document = read_json_or_bare_words(body)
    except InvalidJson:
        return None
    return centracx.texts_in(document) if isinstance(document, dict) else None
