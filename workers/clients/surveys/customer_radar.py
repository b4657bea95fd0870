"""Customer Radar: feedback invitations, with a token that a login returns.

Source: Customer Radar, Email/SMS Feedback Invitation V3.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from schemas.errors import DocumentError
from schemas.surveys import customer_radar
from schemas.surveys.customer_radar import (
    Credentials,
    Invitation,
    InvitationAnswer,
    Verdict,
    misconfiguration_in,
    texts_in,
)
from workers.clients import errors
from workers.clients.http import Answer, Timeouts
from workers.clients.json_bodies import read_json
from workers.clients.surveys.outcomes import (
    Outcome,
    Refused,
    Triggered,
    Unknown,
    VendorRefusesUs,
    outcome_of_invitation,
    outcome_of_login,
)
from workers.clients.surveys.tokens import Token, TokenCache, with_token
from workers.clients.surveys.vendor_http import (
    encoded,
    headers_of,
    personal_texts,
    reason_from,
    vendor_http,
)
from workers.clients.transport import send_deadline

NAME = "customer_radar"
URL = "https://api.feedback.fyi"

_LOGIN_PATH = "auth/login"
_INVITATION_PATH = "invitation"


class CustomerRadarApi:
    """One account of Customer Radar. May be shared by threads, which share its token."""

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials,
        timeouts: Timeouts,
        mobile_without_email: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``url`` is the part before ``/auth/login``.

        Raises ``DocumentError`` for credentials that are empty, ``ValueError`` for a URL that is
        not https.
        """
        self._login_body = encoded(customer_radar.body_of_login(credentials))
        self._credentials = credentials
        self._http = vendor_http(NAME, url, timeouts=timeouts, error_texts=_error_texts)
        self._mobile_without_email = mobile_without_email
        self._clock = clock
        self._tokens = TokenCache(self._login, clock=clock)

    def __repr__(self) -> str:
        return "CustomerRadarApi()"

    def probe(self) -> None:
        """Log in; nobody is written to. Raises ``ApiError``, ``Unauthorised`` if refused."""
        self._login()

    def invite(self, invitation: Invitation, *, send_until_s: float) -> Outcome:
        """Have Customer Radar write to a customer; never again after that. Returns the outcome.

        Nothing is sent later than ``send_until_s``, on the clock of ``time.monotonic()``. After
        401 or 403, which say that nothing was done, it logs in and repeats the invitation once.
        Raises ``DocumentError`` before anything is sent if a required field is missing.
        """
        body = encoded(
            customer_radar.body_of_invitation(
                invitation, mobile_without_email=self._mobile_without_email
            )
        )
        with send_deadline(send_until_s):
            try:
                return with_token(
                    self._tokens,
                    lambda token: self._invite(token, body, invitation),
                    without_token=outcome_of_login,
                )
            except errors.Unauthorised as error:
                return outcome_of_invitation(error)

    def _invite(self, token: str, body: bytes, invitation: Invitation) -> Outcome:
        """Send an invitation and return its outcome. Raises ``Unauthorised``."""
        secrets = self._secrets(invitation)
        try:
            answer = self._http.request(
                "POST", _INVITATION_PATH, headers=headers_of(token), body=body, secrets=secrets
            )
        except errors.Unauthorised:
            raise
        except errors.ApiError as error:
            outcome = outcome_of_invitation(error)
            if isinstance(outcome, Refused) and misconfiguration_in(outcome.reason):
                return VendorRefusesUs(reason=outcome.reason)
            return outcome
        return self._outcome(answer, (token, *secrets))

    def _outcome(self, answer: Answer, secrets: tuple[str, ...]) -> Outcome:
        status = f"(HTTP {answer.status})"
        try:
            said = customer_radar.read_answer(self._http.json_object(answer))
        except (errors.InvalidResponse, DocumentError) as error:
            return Unknown(reason=f"{NAME}: no readable answer {status}: {error}")
        if said.verdict is Verdict.TRIGGERED:
            return Triggered(remote_id=said.remote_id, note=_note(said))
        reason = reason_from(said.texts, secrets=secrets, otherwise="no reason given")
        reason = f"{NAME}: {reason} {status}"
        if said.verdict is Verdict.CONTRADICTORY:
            return Unknown(reason=reason)
        if any(map(misconfiguration_in, said.texts)):
            return VendorRefusesUs(reason=reason)
        return Refused(reason=reason)

    def _login(self) -> Token:
        """Return a new token. Raises ``ApiError``; an answer without a token is ``Unauthorised``.

        What status a wrong password has is not documented.
        """
        logged_in_at = self._clock()
        secrets = (self._credentials.password, self._credentials.username)
        answer = self._http.request(
            "POST", _LOGIN_PATH, headers=headers_of(), body=self._login_body, secrets=secrets
        )
        document = self._http.json_object(answer)
        try:
            login = customer_radar.read_login(document)
        except DocumentError:
            reason = reason_from(texts_in(document), secrets=secrets, otherwise="no token")
            raise errors.Unauthorised(
                f"login refused: {reason}", api=NAME, status=answer.status
            ) from None
        return Token(
            text=login.token,
            expires_at=customer_radar.expires_at(login, logged_in_at=logged_in_at),
        )

    def _secrets(self, invitation: Invitation) -> tuple[str, ...]:
        return (
            self._credentials.password,
            *personal_texts(
                *(invitation.email, invitation.mobile),
                *(invitation.first_name, invitation.last_name),
            ),
        )


def _note(said: InvitationAnswer) -> str | None:
    if said.remote_id is None and not said.faults:
        return "no id in the answer"
    return "; ".join(map(str, said.faults)) or None


def _error_texts(body: bytes) -> tuple[str, ...] | None:
    """Return what an error of either form says, or plain text that names what is not set up."""
    try:
        document = read_json(body)
    except ValueError:
        found = misconfiguration_in(body.decode(errors="replace"))
        return (found,) if found else None
    return (texts_in(document) or None) if isinstance(document, dict) else None
