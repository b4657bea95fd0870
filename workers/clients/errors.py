"""What can go wrong between us and another company's API, divided by what the caller does then.

* ApiError
  x Unreachable       no connection: says nothing of the record     -> everything waits a while
  x Busy              429, 502, 503, 504: asks for patience         -> everything waits as told
  x IncompleteResponse         not a whole answer, 500, or 2xx with errors   -> this record waits
  x InvalidResponse    2xx, but not the JSON that was promised       -> look again later
  x TooLarge          the body is over the cap                      -> not again with this cap
  x BadContent        an attachment whose content is no base64      -> keep the record, shown
  x Refused           400, 406, 409, 415, 422, any other 4xx        -> do not repeat
    + WrongUrl         404 that is no JSON:API document              -> the base URL is wrong
  x NotFound          404, 410 with a JSON:API error document       -> the record is gone
  x Unauthorised      401, 403                                      -> pause, if others fare so too
  x Redirected        3xx                                           -> the base URL is wrong
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
    """No connection came about: refused, no such host, TLS failed, or connecting timed out.

    The request was not sent: whatever it asks for is untouched.
    """


class Busy(ApiError):
    """The other side, or a gateway before it, asks for patience.

    ``retry_after_s`` is how long it asked for, within 0 and 3600; ``None`` if it did not say.
    """

    def __init__(
        self, message: str, *, api: str, status: int, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, api=api, status=status)
        self.retry_after_s = retry_after_s


class IncompleteResponse(ApiError):
    """The request went out and no whole answer came back, or the other side failed on it.

    Whether it took effect is unknown. This record may be the reason, so others need not wait.
    """


class InvalidResponse(ApiError):
    """A 2xx answer that is no JSON object: as a rule the page of a proxy or of a login."""


class TooLarge(ApiError):
    """The body is over the cap; it was not read to its end."""


class BadContent(ApiError):
    """The document holds no attachment that can be decoded; fetching it again will not help."""


class BadRequest(ApiError):
    """Our request is wrong; repeating it will not help. No ``status`` if it could not be sent."""


class WrongUrl(BadRequest):
    """No such route, told by a web server rather than by the API: the base URL is wrong."""


class NotFound(ApiError):
    """The API itself says that the record does not exist, or no longer."""


class Unauthorised(ApiError):
    """The token is wrong or revoked, or lacks the claim that this call needs."""


class Redirected(ApiError):
    """Sent elsewhere: a wrong URL, or a login page. Never followed, the token stays here."""


def outcome_is_unknown(error: ApiError) -> bool:
    """Tell whether what a failed request asked for may have been done all the same.

    If so, a request that makes something is not to be repeated without somebody's word. Cention
    may answer 500 to a POST that it has carried out.
    """
    if isinstance(error, Busy):
        return not _was_put_off(error)
    return isinstance(error, IncompleteResponse | InvalidResponse | TooLarge | BadContent)


def _was_put_off(error: Busy) -> bool:
    """Tell whether the server says itself that it did nothing and wants to be asked later.

    A bare 503 may be a gateway's, like 502 and 504: Cention may have gone away in its middle.
    """
    return error.status == 429 or (error.status == 503 and error.retry_after_s is not None)
