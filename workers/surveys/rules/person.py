"""Persons: an address or a number in one notation, and the keyed hash by which they are known."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

MAX_CONTACT = 320  # characters: the longest address there can be
_ADDRESS = re.compile(r"[^\s@<>()\"',;:\\]+@[^\s@<>()\"',;:\\.]+(?:\.[^\s@<>()\"',;:\\.]+)+")
_ROBOT = re.compile(
    r"(?:[a-z0-9.+_-]*[.+_-])?(?:no|do[._-]?not)[._-]?reply(?:[.+_-].*)?"
    r"|mailer[._-]?daemon|postmaster|bounces?(?:[.+_-].*)?|nobody|auto[._-]?(?:reply|mailer)"
)
_NO_MOBILE = frozenset(
    {PhoneNumberType.FIXED_LINE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.TOLL_FREE}
)


class Channel(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    MOBILE = "mobile"


class ContactProblem(StrEnum):
    """Why there is no way to reach a person."""

    NONE = "no_address"
    BAD = "bad_address"


@dataclass(frozen=True, slots=True)
class Contact:
    """A casefolded address, or a number in E.164."""

    channel: Channel
    text: str = field(repr=False)

    @property
    def is_robot(self) -> bool:
        """Whether it is an address that nobody reads."""
        local = self.text.partition("@")[0]
        return self.channel is Channel.EMAIL and bool(_ROBOT.fullmatch(local))

    def is_at(self, domain: str) -> bool:
        """Tell whether the address is at a domain, or at one below it."""
        mine = self.text.partition("@")[2]
        return self.channel is Channel.EMAIL and f".{mine}".endswith(f".{domain}")


def read_contact(text: str | None, *, country: str | None) -> Contact | ContactProblem:
    """Read an address or a number; ``country`` is that of numbers without a prefix."""
    # What was copied may have other spaces, or accents as characters of their own.
    text = unicodedata.normalize("NFC", " ".join((text or "").split()))
    if not text:
        return ContactProblem.NONE
    if len(text) > MAX_CONTACT or not text.isprintable():
        return ContactProblem.BAD
    if "@" in text:
        address = text.casefold()
        return (
            Contact(Channel.EMAIL, address) if _ADDRESS.fullmatch(address) else ContactProblem.BAD
        )
    return _read_number(text, country)


def hash_of(key: bytes, contact: Contact) -> bytes:
    """Return the keyed hash of a person: without the key it leads to nobody."""
    return hmac.digest(key, contact.text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _read_number(text: str, country: str | None) -> Contact | ContactProblem:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ContactProblem.BAD
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in _NO_MOBILE:
        return ContactProblem.BAD
    return Contact(Channel.MOBILE, phonenumbers.format_number(number, PhoneNumberFormat.E164))
