"""Customer Radar: a login, an invitation, and the answers to both.

Source: Customer Radar, Email/SMS Feedback Invitation V3, ``POST /auth/login`` and
``POST /invitation``; Introduction to our API, for the errors of a login.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any

from schemas.errors import DocumentError, Fault, raise_faults
from schemas.surveys.invitation_fields import (
    faults_of_names,
    faults_of_text,
    is_absent,
    own_pairs,
    pointer_to,
)

TOKEN_LIFE_S = 3600.0
EXPIRY_MARGIN_S = 120.0
_BELIEVABLE_S = 7200.0  # an expiry that is further off is not meant in seconds of our epoch

SUCCESS_CODE = "00000"
MAX_REMOTE_ID_CHARACTERS = 200
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")
_ZERO = re.compile(r"0+")
_PERSON = ("email", "mobile", "firstName", "lastName", "locationDisplayId", "pomDisplayId")
_MISCONFIGURATION = re.compile(
    r"no feedback code found[^<>]{0,120}|[^<>]{0,60}must set postmark id", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The account that Customer Radar made for the client."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login. The token is opaque: it is sent as it is and never decoded."""

    token: str = field(repr=False)
    expiration: float | None  # Unix time in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One person to be invited; Customer Radar writes to them at once."""

    client_display_id: str
    programme_display_id: str
    location_display_id: str
    reference: str  # of our invitation
    display_id: str  # of the errand
    email: str | None = field(default=None, repr=False)
    mobile: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    pom_display_id: str | None = None  # required if the location has several points of measure
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)


class Verdict(StrEnum):
    """What an answer to an invitation says."""

    TRIGGERED = "triggered"  # not: delivered
    REFUSED = "refused"
    CONTRADICTORY = "contradictory"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAnswer:
    """The answer to an invitation."""

    verdict: Verdict
    remote_id: str | None
    texts: tuple[str, ...] = field(repr=False)  # may quote what was sent
    faults: tuple[Fault, ...] = ()  # of members without which the answer still says enough


def body_of_login(credentials: Credentials) -> dict[str, Any]:
    """Return the JSON object to send. Raises ``DocumentError`` with the pointers of faults."""
    body = {"username": credentials.username, "password": credentials.password}
    raise_faults(
        fault
        for name, value in body.items()
        for fault in faults_of_text(value, pointer_to(name), required=True)
    )
    return body


def read_login(document: Any) -> Login:
    """Return the login. Raises ``DocumentError`` if there is no token that a header can carry."""
    if not isinstance(document, dict):
        raise DocumentError(Fault("", "must be an object"))
    token = document.get("token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise DocumentError(Fault("/token", "must be printable ASCII without spaces"))
    return Login(token=token, expiration=_unix_time(document.get("expiration")))


def expires_at(login: Login, *, logged_in_at: float) -> float:
    """Return until when the token is used, as Unix time in seconds like ``logged_in_at``.

    A token is valid for 60 minutes. ``expiration`` counts if it lies within the next two hours:
    in the vendor's own samples it differs from the expiry within the token by half an hour.
    """
    latest = logged_in_at + TOKEN_LIFE_S
    stated = login.expiration
    if stated is not None and logged_in_at < stated < logged_in_at + _BELIEVABLE_S:
        latest = min(latest, stated)
    return latest - EXPIRY_MARGIN_S


def body_of_invitation(
    invitation: Invitation, *, mobile_without_email: bool = False
) -> dict[str, Any]:
    """Return the JSON object to send, with one person in it.

    The vendor's table requires ``email`` although it sends SMS; ``mobile_without_email`` permits to
    leave it out. Raises ``DocumentError`` with the pointer of every member that is missing or is
    no text.
    """
    body = _body(invitation)
    raise_faults(_faults(invitation, body, mobile_without_email=mobile_without_email))
    return body


def read_answer(document: Any) -> InvitationAnswer:
    """Return the answer to an invitation, a success or an error of either form.

    Only the code ``"00000"`` is a success. A code or a description that could also mean success is
    contradictory. Raises ``DocumentError`` if there is no code.
    """
    if not isinstance(document, dict):
        raise DocumentError(Fault("", "must be an object"))
    code = document.get("code")
    if type(code) is int:
        code = str(code) if abs(code) < 10**18 else "(large)"
    if not isinstance(code, str) or not code.strip():
        raise DocumentError(Fault("/code", "must be a text or a number"))
    faults: list[Fault] = []
    return InvitationAnswer(
        verdict=_verdict(code, document.get("description")),
        remote_id=_remote_id(document.get("data"), faults),
        texts=texts_in(document),
        faults=tuple(faults),
    )


def texts_in(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what an answer says in words, of the invitation's form or the login's."""
    found = (document.get(name) for name in ("description", "userMessage", "developerMessage"))
    return tuple(dict.fromkeys(text for text in found if isinstance(text, str) and text.strip()))


def misconfiguration_in(text: str) -> str | None:
    """Return the part of ``text`` that says that Customer Radar is not set up for our ids.

    ``None`` if there is none. It concerns the account or the rule, not the person.
    """
    found = _MISCONFIGURATION.search(" ".join(text.split()))
    return found and found[0]


def _body(invitation: Invitation) -> dict[str, Any]:
    values = (
        *(invitation.email, invitation.mobile, invitation.first_name, invitation.last_name),
        *(invitation.location_display_id, invitation.pom_display_id),
    )
    person: dict[str, Any] = {
        name: value for name, value in zip(_PERSON, values, strict=True) if not is_absent(value)
    }
    own = own_pairs(invitation.reference, invitation.display_id)
    person["metadata"] = [
        {"key": name, "value": value}
        for name, value in (*own.items(), *invitation.metadata.items())
    ]
    return {
        "clientDisplayId": invitation.client_display_id,
        "programmeDisplayId": invitation.programme_display_id,
        "sendData": [person],
    }


def _faults(
    invitation: Invitation, body: Mapping[str, Any], *, mobile_without_email: bool
) -> Iterator[Fault]:
    for name in ("clientDisplayId", "programmeDisplayId"):
        yield from faults_of_text(body[name], pointer_to(name), required=True)
    [person] = body["sendData"]
    required = {"locationDisplayId"}
    if not (mobile_without_email and person.get("mobile")):
        required.add("email")
    for name in _PERSON:
        pointer = pointer_to("sendData", 0, name)
        given = name in person or name in required
        yield from faults_of_text(person.get(name), pointer, required=given)
    yield from faults_of_names(invitation.metadata, "/sendData/0/metadata")
    for position, pair in enumerate(person["metadata"]):
        for name in ("key", "value"):
            pointer = pointer_to("sendData", 0, "metadata", position, name)
            yield from faults_of_text(pair[name], pointer, required=True)


def _unix_time(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if isfinite(value) else None
    except OverflowError:  # an integer that no float holds
        return None


def _verdict(code: str, description: Any) -> Verdict:
    if code == SUCCESS_CODE:
        return Verdict.TRIGGERED
    says_success = isinstance(description, str) and description.strip().casefold() == "success"
    if says_success or _ZERO.fullmatch(code.strip()):
        return Verdict.CONTRADICTORY
    return Verdict.REFUSED


def _remote_id(data: Any, faults: list[Fault]) -> str | None:
    if data is None or data == "":
        return None
    if type(data) is int and abs(data) < 2**63:
        return str(data)
    if isinstance(data, str) and data.isprintable() and len(data) <= MAX_REMOTE_ID_CHARACTERS:
        return data
    faults.append(Fault("/data", "must be an id"))
    return None
