"""DigiDesk: a survey request, and the answer to it.

Source: DigiDesk Third Party API Post Specification 1.7.1, ``POST /api/survey_requests/``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError

from schemas.errors import DocumentError, Fault, raise_faults
from schemas.jsonapi.scalars import number
from schemas.surveys.invitation_fields import (
    faults_of_names,
    faults_of_text,
    is_absent,
    own_pairs,
    pointer_to,
)

MAX_CHARACTERS = 250  # of every text, names of pairs included
MAX_PAIRS = 10  # of misc_data
_REQUIRED = ("customer_contact", "campaign_name")
_OPTIONAL = ("customer_name", "account_number", "agent_name")
_RESERVED = frozenset({*_REQUIRED, *_OPTIONAL, "misc_data", "format"})
_STATUSES = MappingProxyType({"success": True, "error": False})


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRequest:
    """One person to be surveyed; DigiDesk writes to them at once."""

    customer_contact: str = field(repr=False)  # a mobile number or an e-mail address
    campaign_name: str  # as it is named in DigiDesk
    reference: str  # of our invitation
    display_id: str  # of the errand
    customer_name: str | None = field(default=None, repr=False)
    account_number: str | None = field(default=None, repr=False)
    agent_name: str | None = None  # as it is named in DigiDesk
    misc_data: Mapping[str, str] = field(default_factory=dict, repr=False)  # 8 pairs at most
    custom_fields: Mapping[str, str] = field(
        default_factory=dict, repr=False
    )  # agreed with DigiDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRequestAnswer:
    """The answer to a survey request."""

    succeeded: bool
    remote_id: str | None  # of the survey request
    messages: tuple[str, ...] = field(repr=False)  # may quote what was sent
    faults: tuple[Fault, ...] = ()  # of members without which the answer still says enough


def body_of_request(request: SurveyRequest) -> dict[str, Any]:
    """Return the JSON object to send.

    ``misc_data`` is an object, as in the sample; the table calls it an array. ``format`` is never
    sent, since it could only ask for XML. Raises ``DocumentError`` with the pointer of every
    member that is missing, is over a limit, or is no text.
    """
    raise_faults(_faults(request))
    named = {name: getattr(request, name) for name in (*_REQUIRED, *_OPTIONAL)}
    pairs = own_pairs(request.reference, request.display_id) | dict(request.misc_data)
    return {
        **{name: value for name, value in named.items() if not is_absent(value)},
        "misc_data": pairs,
        **request.custom_fields,
    }


def read_answer(document: Any) -> SurveyRequestAnswer:
    """Return the answer to a survey request.

    Messages may be under ``message`` or ``messages``, as one text or a list; the id may be a number
    or digits. Raises ``DocumentError`` if ``status`` is neither success nor error.
    """
    if not isinstance(document, dict):
        raise DocumentError(Fault("", "must be an object"))
    status = document.get("status")
    succeeded = _STATUSES.get(status.strip().casefold()) if isinstance(status, str) else None
    if succeeded is None:
        raise DocumentError(Fault("/status", "must be success or error"))
    faults: list[Fault] = []
    return SurveyRequestAnswer(
        succeeded=succeeded,
        remote_id=_remote_id(document.get("data"), faults),
        messages=tuple(_messages(document, faults)),
        faults=tuple(faults),
    )


def _faults(request: SurveyRequest) -> Iterator[Fault]:
    for name in _REQUIRED:
        yield from _faults_of_value(getattr(request, name), pointer_to(name), required=True)
    for name in _OPTIONAL:
        if not is_absent(value := getattr(request, name)):
            yield from _faults_of_value(value, pointer_to(name))
    own = own_pairs(request.reference, request.display_id)
    if len(request.misc_data) > MAX_PAIRS - len(own):
        yield Fault("/misc_data", f"has more than {MAX_PAIRS - len(own)} pairs beside ours")
    yield from faults_of_names(request.misc_data, "/misc_data")
    for name, value in (*own.items(), *request.misc_data.items()):
        pointer = pointer_to("misc_data", name)
        yield from _faults_of_value(name, pointer)
        yield from _faults_of_value(value, pointer, required=True)
    for name, value in request.custom_fields.items():
        if not isinstance(name, str) or not name.strip():
            yield Fault("", "has a custom field whose name is no text or empty")
        elif name in _RESERVED:
            yield Fault(pointer_to(name), "is no custom field")
        else:
            yield from _faults_of_value(name, pointer_to(name))
            yield from _faults_of_value(value, pointer_to(name), required=True)


def _faults_of_value(value: Any, pointer: str, *, required: bool = False) -> Iterator[Fault]:
    return faults_of_text(value, pointer, required=required, max_characters=MAX_CHARACTERS)


def _remote_id(data: Any, faults: list[Fault]) -> str | None:
    try:
        found = number(data)
    except ValidationError:
        faults.append(Fault("/data", "must be a whole number"))
        return None
    return None if found is None else str(found)


def _messages(document: Mapping[str, Any], faults: list[Fault]) -> Iterator[str]:
    for name in ("message", "messages"):
        value = document.get(name)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                yield text
            elif text is not None:
                faults.append(Fault(pointer_to(name), "must be a list of texts"))
                break
