"""A token that many requests share, kept in the memory of one process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from workers.clients import errors

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token, and until when it is used, as Unix time in seconds."""

    text: str = field(repr=False)
    expires_at: float


class TokenCache:
    """Logs in when there is no token, once for all threads that wait for it."""

    def __init__(
        self, login: Callable[[], Token], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._login = login
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._logins = 0
        self._failure: Exception | None = None  # of the last login

    def __repr__(self) -> str:
        return "TokenCache()"

    def get(self) -> str:
        """Return the token, a new one if there is none or it has expired.

        Raises what the login raises. Whoever waited for a login that failed does not try it again:
        a vendor may lock an account after some failures.
        """
        known = self._logins
        with self._lock:
            token = self._token
            if token is not None and token.expires_at > self._clock():
                return token.text
            if self._failure is not None and self._logins > known:
                raise self._failure
            return self._new_token().text

    def _new_token(self) -> Token:
        self._token = self._failure = None
        try:
            self._token = token = self._login()
        except Exception as error:
            self._failure = error
            raise
        finally:
            self._logins += 1
        return token

    def discard(self, text: str) -> None:
        """Forget the token ``text``, which was refused; a newer one of another thread stays."""
        with self._lock:
            if self._token is not None and self._token.text == text:
                self._token = None


def with_token(
    tokens: TokenCache,
    send: Callable[[str], T],
    *,
    without_token: Callable[[errors.ApiError], U],
) -> T | U:
    """Return what ``send`` returns for the token, or after 401 or 403 for a new one, once.

    Both say that nothing was done: the token has ended before its time. Where a login fails,
    nothing was sent, and ``without_token`` says what that means. Raises what ``send`` raises,
    ``Unauthorised`` if both tokens are refused.
    """

    def attempt() -> T | U:
        try:
            token = tokens.get()
        except errors.ApiError as error:
            return without_token(error)
        try:
            return send(token)
        except errors.Unauthorised:
            tokens.discard(token)
            raise

    try:
        return attempt()
    except errors.Unauthorised:
        return attempt()
