"""Alvaria: the context of a dialog in which our page is shown, and the outcome of the page.

Source: Alvaria Cloud Customer Experience Disposable App REST API v2.0.0; the token: Via
Authentication 2.0.1. The id of a dialog is all that its customer shows us, so no error or log line
has it.
"""

from __future__ import annotations

import sys
import time
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.errors import DocumentError
from schemas.surveys import alvaria
from schemas.surveys.alvaria import Context
from workers.clients import errors
from workers.clients.http import Timeouts
from workers.clients.json_bodies import read_json
from workers.clients.surveys.outcomes import (
    NotRead,
    NotTriggered,
    Refused,
    Unknown,
    outcome_of_invitation,
    outcome_of_login,
    outcome_of_reading,
    reason_of,
)
from workers.clients.surveys.tokens import Token, TokenCache, with_token
from workers.clients.surveys.vendor_http import (
    basic_authorization,
    checked_url,
    encoded,
    headers_of,
    in_url,
    query_of,
    split_path,
    vendor_http,
)
from workers.clients.transport import send_deadline

NAME = "alvaria"
NO_DIALOG = "cention-bridge-check"
_NO_SUCH_ID = 400  # perhaps: what form ids have is not documented


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What Alvaria gave for our application."""

    org: str
    client_id: str = field(repr=False)
    secret: str = field(repr=False)
    api_key: str = field(repr=False)
    scope: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Alvaria took an outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogGone:
    """Alvaria knows no such dialog: it has ended, or never was."""

    reason: str


class AlvariaApi:
    """One application of an organisation. May be shared by threads, which share its token."""

    def __init__(
        self,
        url: str,
        token_url: str,
        *,
        account: Account,
        timeouts: Timeouts,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``url`` is the part before ``/via/v2``, ``token_url`` the whole URL of tokens.

        Raises ``ValueError``, without quoting them, for credentials that Basic authentication or a
        header cannot carry, and for a URL that is not https.
        """
        if not account.api_key.strip() or not account.api_key.isprintable():
            raise ValueError(f"{NAME}: the API key consists of printable characters")
        self._account = account
        self._authorization = basic_authorization(NAME, account.client_id, account.secret)
        self._http = vendor_http(NAME, url, timeouts=timeouts, error_texts=_error_texts)
        token_root, self._token_path = split_path(checked_url(NAME, token_url))
        self._token_http = vendor_http(
            NAME, token_root, timeouts=timeouts, error_texts=_error_texts
        )
        self._clock = clock
        self._tokens = TokenCache(self._new_token, clock=clock)
        self._app = f"via/v2/organizations/{in_url(account.org)}/customerexperience/disposableApp"

    def __repr__(self) -> str:
        return "AlvariaApi()"

    def probe(self) -> None:
        """Ask for a token, and for a dialog that does not exist. Raises ``ApiError``."""
        token = self._new_token().text
        try:
            self._get_context(token, NO_DIALOG)
        except errors.NotFound:
            return  # it says so: token, key and URL are good
        except errors.BadRequest as error:
            if error.status != _NO_SUCH_ID:
                raise

    def context(self, session_id: str) -> Context | DialogGone | NotRead:
        """Return what the dialog's script has set. ``SurelyNotSent``: it may be asked again."""
        if not alvaria.is_session_id(session_id):
            return DialogGone(reason=f"{NAME}: no dialog has such an id")
        try:
            return with_token(
                self._tokens,
                lambda token: self._get_context(token, session_id),
                without_token=outcome_of_login,
            )
        except errors.NotFound as error:
            return DialogGone(reason=reason_of(error))
        except errors.ApiError as error:
            return outcome_of_reading(error)

    def send_outcome(
        self, session_id: str, variables: Mapping[str, Any], *, send_until_s: float
    ) -> Taken | DialogGone | NotTriggered:
        """Hand the answers to the dialog; never again after that. Returns the outcome.

        Nothing is sent later than ``send_until_s``, on the clock of ``time.monotonic()``. After
        401, which says that nothing was done, it asks for a new token and repeats the request once.
        """
        if not alvaria.is_session_id(session_id):
            return DialogGone(reason=f"{NAME}: no dialog has such an id")
        try:
            body = encoded(alvaria.body_of_outcome(variables))
        except DocumentError as error:
            return Refused(reason=f"{NAME}: {error}")
        with send_deadline(send_until_s):
            try:
                return with_token(
                    self._tokens,
                    lambda token: self._post_outcome(token, session_id, body),
                    without_token=outcome_of_login,
                )
            except errors.NotFound as error:
                return DialogGone(reason=reason_of(error))
            except errors.ApiError as error:
                return outcome_of_invitation(error)

    def _get_context(self, token: str, session_id: str) -> Context | Refused:
        """Return the context; refused if it has another form. Raises ``ApiError``."""
        answer = self._http.request(
            "GET",
            f"{self._app}/context?{query_of({'sessionId': session_id})}",
            headers=self._headers(token),
            secrets=self._secrets(session_id),
        )
        try:
            return alvaria.read_context(self._http.json_object(answer))
        except DocumentError as error:
            return Refused(reason=f"{NAME}: no readable context: {error}")

    def _post_outcome(self, token: str, session_id: str, body: bytes) -> Taken | Unknown:
        """Send an outcome. Any 2xx is a success, unless its body is a page of somebody else."""
        with self._http.stream(
            "POST",
            f"{self._app}/outcome?{query_of({'sessionId': session_id})}",
            headers=self._headers(token),
            body=body,
            secrets=self._secrets(session_id),
            max_bytes=sys.maxsize,
        ) as (_, chunks):
            if _is_page(chunks):
                return Unknown(reason=f"{NAME}: a page of HTML in place of an answer")
            return Taken()

    def _headers(self, token: str) -> dict[str, str]:
        return {**headers_of(f"Bearer {token}"), "x-api-key": self._account.api_key}

    def _new_token(self) -> Token:
        """Return a new token. Raises ``ApiError``; an answer without a token is ``Unauthorised``.

        The documents show the realm in the query and in the form; it stands in both.
        """
        asked_at = self._clock()
        form = alvaria.form_of_token(self._account.org, self._account.scope)
        answer = self._token_http.request(
            "POST",
            f"{self._token_path}?{query_of({'realm': self._account.org})}",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": self._authorization,
            },
            body=query_of(form).encode(),
            secrets=self._secrets(""),
        )
        try:
            token = alvaria.read_token(self._token_http.json_object(answer))
        except DocumentError as error:
            raise errors.Unauthorised(
                f"no token: {error}", api=NAME, status=answer.status
            ) from None
        return Token(text=token.token, expires_at=alvaria.expires_at(token, asked_at=asked_at))

    def _secrets(self, session_id: str) -> tuple[str, ...]:
        texts = (self._account.secret, self._account.client_id, self._account.api_key, session_id)
        return (*texts, in_url(session_id))


def _is_page(chunks: Iterator[bytes]) -> bool:
    """Tell whether the body of a success begins as HTML; no, if it cannot be read."""
    try:
        return next(chunks, b"").removeprefix(BOM_UTF8).lstrip().startswith(b"<")
    except errors.ApiError:
        return False


def _error_texts(body: bytes) -> tuple[str, ...] | None:
    """Return what an error document says: an object, or nothing at all as with 401.

    A page in its place is not Alvaria's.
    """
    if not body.strip():
        return ()
    try:
        document = read_json(body)
    except ValueError:
        return None
    return alvaria.error_texts(document) if isinstance(document, dict) else None
