"""The errors of a call to another company's API, classified by what the caller should do.

* ApiError
  x Unreachable         no connection; the request was not sent     -> delay every request
  x Busy                429, 502, 503, 504                          -> delay every request
  x IncompleteResponse  not a whole answer, 500, 2xx with errors    -> retry this record later
  x InvalidResponse     2xx without the JSON that was promised      -> retry later
    + TooDeep           JSON with too many levels                   -> keep the body; do not repeat
  x TooLarge            the body exceeds the limit                  -> do not repeat with this limit
  x BadContent          an attachment that is not base64            -> do not repeat
  x BadRequest          400, 406, 409, 415, 422, any other 4xx      -> do not repeat
    + WrongUrl          404 without an error document of the API    -> correct the base URL
  x NotFound            404, 410 with an error document of the API  -> the record is gone
  x Unauthorised        401, 403                                    -> pause if all records fail so
  x Redirected          3xx                                         -> correct the base URL
"""

from __future__ import annotations


class ApiError(Exception):
    """Base class. ``status`` is ``None`` where no status line arrived.

    Its text names the API and the status, never a URL or a token, so that it may be logged.
    """

    def __init__(self, message: str, *, api: str, status: int | None = None) -> None:
        super().__init__(f"{api}: {message}" + (f" (HTTP {status})" if status else ""))
        self.api = api
        self.status = status


class Unreachable(ApiError):
    """No connection: refused, no such host, TLS failed, or connecting timed out.

    The request was not sent, so it had no effect.
    """


class Busy(ApiError):
    """The server, or a gateway before it, is overloaded or not available.

    ``retry_after_s``: the wait it asked for, within 0 and 3600; ``None`` if it gave none.
    """

    def __init__(
        self, message: str, *, api: str, status: int, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, api=api, status=status)
        self.retry_after_s = retry_after_s


class IncompleteResponse(ApiError):
    """The request was sent, but the response is incomplete, or reports a failure of the server.

    Whether it took effect is unknown. The record may be the cause, so others need not wait.
    """


class InvalidResponse(ApiError):
    """A 2xx response that is not a JSON object: usually the page of a proxy or of a login."""


class TooDeep(InvalidResponse):
    """The JSON has more levels than are read. ``body`` is its text; no message holds it."""

    def __init__(self, message: str, *, api: str, status: int, body: str) -> None:
        super().__init__(message, api=api, status=status)
        self.body = body


class TooLarge(ApiError):
    """The body exceeds the limit; it was not read to its end."""


class BadContent(ApiError):
    """The document has no attachment that can be decoded; fetching it again will not help."""


class BadRequest(ApiError):
    """Our request is invalid; repeating it will not help. No ``status`` if it was not sent."""


class WrongUrl(BadRequest):
    """A 404 of a web server and not of the API: the base URL is wrong."""


class NotFound(ApiError):
    """The API itself says that the record does not exist, or no longer exists."""


class Unauthorised(ApiError):
    """The token is wrong or revoked, or lacks the claim for this call."""


class Redirected(ApiError):
    """Redirected: a wrong URL, or a login page. Never followed, so that the token stays here."""


def outcome_is_unknown(error: ApiError) -> bool:
    """Return whether a failed request may have taken effect.

    If so, do not repeat a request that creates something without a person's decision. Cention may
    answer 500 to a POST that it has carried out.
    """
    if isinstance(error, Busy):
        return not _was_deferred(error)
    return isinstance(error, IncompleteResponse | InvalidResponse | TooLarge | BadContent)


def _was_deferred(error: Busy) -> bool:
    """Return whether the server itself says that it did nothing and asks for a later request.

    A bare 503 may be a gateway's, like 502 and 504: Cention may have stopped during the request.
    """
    return error.status == 429 or (error.status == 503 and error.retry_after_s is not None)
