"""DigiDesk: survey requests.

Source: DigiDesk Third Party API Post Specification 1.7.1. There is no call that only reads, so
nothing can be tried without writing to somebody.
"""

from __future__ import annotations

from schemas.errors import DocumentError
from schemas.surveys import digidesk
from schemas.surveys.digidesk import SurveyRequest, SurveyRequestAnswer
from workers.clients import errors
from workers.clients.http import Answer, Timeouts
from workers.clients.json_bodies import read_json
from workers.clients.surveys.outcomes import (
    Outcome,
    Refused,
    Triggered,
    Unknown,
    outcome_of_invitation,
)
from workers.clients.surveys.vendor_http import (
    basic_authorization,
    checked_url,
    encoded,
    headers_of,
    personal_texts,
    reason_from,
    split_path,
    vendor_http,
)
from workers.clients.transport import send_deadline

NAME = "digidesk"
URL = "https://digidesk.citrustelecom.net/api/survey_requests/"

_PATH = "api/survey_requests/"
_OTHER_PATH = "api/v1/survey_requests/"
_OK = 200
_CREATED = 201


class DigideskApi:
    """One account of DigiDesk. May be shared by threads."""

    def __init__(self, url: str, *, user: str, password: str, timeouts: Timeouts) -> None:
        """``url`` is the whole URL of survey requests.

        Raises ``ValueError``, without quoting them, for credentials that Basic authentication
        cannot carry, and for a URL that is not https.
        """
        self._authorization = basic_authorization(NAME, user, password)
        self._password = password
        root, path = split_path(checked_url(NAME, url))
        self._http = vendor_http(NAME, root, timeouts=timeouts, error_texts=_error_texts)
        self._paths = _paths(path)

    def __repr__(self) -> str:
        return "DigideskApi()"

    def invite(self, request: SurveyRequest, *, send_until_s: float) -> Outcome:
        """Have DigiDesk write to a customer; never again after that. Returns the outcome.

        Nothing is sent later than ``send_until_s``, on the clock of ``time.monotonic()``. Raises
        ``DocumentError`` before anything is sent if the request is over a limit.
        """
        body = encoded(digidesk.body_of_request(request))
        secrets = self._secrets(request)
        try:
            with send_deadline(send_until_s):
                answer = self._post(body, secrets)
        except errors.ApiError as error:
            return outcome_of_invitation(error)
        return self._outcome(answer, secrets)

    def _post(self, body: bytes, secrets: tuple[str, ...]) -> Answer:
        """POST to the path of the last request; after a 404 to the other one, and remember it.

        The document names both. A 404 whose body is not DigiDesk's is that of a wrong path.
        """
        path, *others = self._paths
        try:
            return self._request(path, body, secrets)
        except errors.WrongUrl:
            if not others:
                raise
        self._paths = (*others, path)
        return self._request(others[0], body, secrets)

    def _request(self, path: str, body: bytes, secrets: tuple[str, ...]) -> Answer:
        return self._http.request(
            "POST", path, headers=headers_of(self._authorization), body=body, secrets=secrets
        )

    def _outcome(self, answer: Answer, secrets: tuple[str, ...]) -> Outcome:
        if answer.status == _CREATED and not answer.body:
            return Triggered(remote_id=None, note="201 without a body")
        try:
            document = self._http.json_object(answer)
            said = digidesk.read_answer(document)
        except (errors.InvalidResponse, DocumentError) as error:
            return Unknown(reason=f"{NAME}: no readable answer (HTTP {answer.status}): {error}")
        if said.succeeded:
            return Triggered(remote_id=said.remote_id, note=_note(answer.status, said))
        reason = reason_from(said.messages, secrets=secrets, otherwise="no reason given")
        reason = f"{NAME}: {reason} (HTTP {answer.status})"
        # An error beside "created" contradicts itself.
        return Refused(reason=reason) if answer.status == _OK else Unknown(reason=reason)

    def _secrets(self, request: SurveyRequest) -> tuple[str, ...]:
        return (
            *(self._password, self._authorization.split()[-1]),
            *personal_texts(
                request.customer_contact, request.customer_name, request.account_number
            ),
        )


def _paths(path: str) -> tuple[str, ...]:
    """Return the path that is configured, and the other one if it is one of the documented."""
    for one, other in ((_PATH, _OTHER_PATH), (_OTHER_PATH, _PATH)):
        if path == one or path.endswith(f"/{one}"):
            return path, path.removesuffix(one) + other
    return (path,)


def _note(status: int, said: SurveyRequestAnswer) -> str | None:
    notes = [] if status == _CREATED else [f"HTTP {status} instead of {_CREATED}"]
    notes += map(str, said.faults)
    if said.remote_id is None and not said.faults:
        notes.append("no id in the answer")
    return "; ".join(notes) or None


def _error_texts(body: bytes) -> tuple[str, ...] | None:
    try:
        answer = digidesk.read_answer(read_json(body))
    except ValueError:  # no JSON, or another document
        return None
    return None if answer.succeeded else answer.messages
