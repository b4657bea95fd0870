"""The outcomes of asking a survey vendor to write to a customer, classified by what to do then.

* Triggered         the vendor says that it writes            -> done; it is not yet delivered
* Refused           this invitation is refused, nobody was    -> the next vendor, or nothing
                    written to
* SurelyNotSent     nobody was written to, for now            -> again, after ``retry_after_s``
* VendorRefusesUs   nobody was written to, nor will others    -> pause the vendor, keep everything
* Unknown           somebody may have been written to         -> never again without proof
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workers.clients import errors

# A vendor may quote whom it was asked to write to, in a notation of its own.
_CONTACT = re.compile(r"[^\s@]+@[^\s@]+|\+?\d[\d ()./-]{4,}\d")


# About the way in which we ask, and not about the person: each invitation would be refused so.
_ABOUT_OUR_REQUESTS = frozenset({402, 405, 406, 407, 415, 421, 426, 431})


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggered:
    """The vendor took the invitation."""

    remote_id: str | None  # None: the vendor did not give it
    note: str | None = None  # what was odd about the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The vendor refused this invitation; repeating it will not help."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SurelyNotSent:
    """The vendor did not get the invitation, or put it off; it may be sent again."""

    reason: str
    retry_after_s: float | None = None  # 0 to 3600; None: the vendor did not say
    only_this: bool = False  # other invitations need not wait


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorRefusesUs:
    """Our account, its configuration or the URL is wrong; other invitations would fail alike."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The invitation went out, and no answer says what became of it."""

    reason: str


Outcome = Triggered | Refused | SurelyNotSent | VendorRefusesUs | Unknown
NotTriggered = Refused | SurelyNotSent | VendorRefusesUs | Unknown
NotRead = Refused | SurelyNotSent | VendorRefusesUs


def outcome_of_invitation(error: errors.ApiError) -> NotTriggered:
    """Return the outcome of an invitation that ended with ``error``.

    500, 502, 504, a 503 without ``Retry-After``, 408, half an answer or one that is not JSON leave
    it unknown. 429, 503 with ``Retry-After``, no connection and any other 4xx do not.
    """
    if errors.outcome_is_unknown(error):
        return Unknown(reason=reason_of(error))
    return _outcome_of_nothing_done(error)


def outcome_of_login(error: errors.ApiError) -> SurelyNotSent | VendorRefusesUs | Refused:
    """Return the outcome of an invitation that was not sent, since a login ended with ``error``."""
    if errors.outcome_is_unknown(error):
        return SurelyNotSent(reason=reason_of(error))
    outcome = _outcome_of_nothing_done(error)
    if isinstance(outcome, Refused):
        return VendorRefusesUs(reason=outcome.reason)
    return outcome


def outcome_of_reading(error: errors.ApiError) -> NotRead:
    """Return the outcome of a request that only reads and that ended with ``error``.

    It may be repeated: nothing becomes unknown by it.
    """
    if errors.outcome_is_unknown(error):
        return SurelyNotSent(reason=reason_of(error))
    return _outcome_of_nothing_done(error)


def reason_of(error: errors.ApiError) -> str:
    """Return the text of ``error`` without what looks like a contact."""
    return without_contacts(str(error))


def without_contacts(text: str) -> str:
    """Return ``text`` without e-mail addresses and long numbers."""
    return _CONTACT.sub("[redacted]", text)


def _outcome_of_nothing_done(error: errors.ApiError) -> NotRead:
    reason = reason_of(error)
    if isinstance(error, errors.Unreachable):
        return SurelyNotSent(reason=reason)
    if isinstance(error, errors.Busy):
        return SurelyNotSent(reason=reason, retry_after_s=error.retry_after_s)
    if isinstance(error, errors.Unauthorised | errors.WrongUrl | errors.Redirected):
        return VendorRefusesUs(reason=reason)
    # Without a status: a URL or a header that cannot be sent.
    if error.status is None or error.status in _ABOUT_OUR_REQUESTS:
        return VendorRefusesUs(reason=reason)
    return Refused(reason=reason)
