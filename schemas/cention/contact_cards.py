"""Contact cards: the addresses by which Cention knows a person.

Source: Cention Contact Cards JSONAPI, ``POST c3_contact_cards``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError

from schemas.errors import DocumentError, Fault, NullResource
from schemas.jsonapi.document import open_document
from schemas.jsonapi.fields import Group, ListOf, Nested, Scalar
from schemas.jsonapi.marshmallow_reader import ResourceSchema, read_typed
from schemas.jsonapi.scalars import member, required_id, text

CHANNELS = ("email", "facebook", "vk", "line", "voice")
_FORMATS: Mapping[str, tuple[re.Pattern[str], str]] = MappingProxyType(
    {
        "email": (re.compile(r"[^@\s<>,;:]+@[^@\s<>,;:]+"), "does not look like an e-mail address"),
        "facebook": (re.compile(r"[^@\s]+@facebook\.com"), "is not like 12345@facebook.com"),
        "vk": (re.compile(r"centionvk-\S+"), "is not like centionvk-cc-12345"),
        "line": (re.compile(r"centionline-\S+"), "is not like centionline-c12345"),
        "voice": (re.compile(r"\+[0-9][0-9 ()./-]*"), "is not a phone number with a plus sign"),
    }
)
# Neither database can store all of these, and no address or name contains them.
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A labelled value on a card, for instance a customer number."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCard:
    """One person's addresses, by channel; made by ``contact_card`` or ``read_contact_card``."""

    name: str | None = None
    email: tuple[str, ...] = ()
    facebook: tuple[str, ...] = ()  # such as 12345@facebook.com
    vk: tuple[str, ...] = ()  # VKontakte, such as centionvk-cc-12345
    line: tuple[str, ...] = ()  # LINE, such as centionline-c12345
    voice: tuple[str, ...] = ()  # phone numbers, with a plus sign
    custom: tuple[CustomField, ...] = ()

    def addresses(self) -> Iterator[tuple[str, int, str]]:
        """Yield channel, index within it and address."""
        for channel in CHANNELS:
            for place, address in enumerate(getattr(self, channel)):
                yield channel, place, address


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCard:
    """Cention's card after an upsert: perhaps an older one with more entries than ours."""

    card_id: int
    card: ContactCard


def contact_card(
    contacts: Mapping[str, Iterable[str]],
    *,
    name: str = "",
    custom: Iterable[tuple[str, str]] = (),
) -> ContactCard:
    """Return the card of one person, without surrounding space, empty and repeated texts.

    ``contacts`` holds addresses by channel. Raises ``DocumentError``, with pointers into the
    document to be sent, for an unknown channel, control characters, a value without a label, or no
    address at all (Cention could not find the card again, and would make a new one each time).
    """
    if unknown := sorted(set(contacts) - set(CHANNELS)):
        raise DocumentError(
            *(Fault(f"/contacts/{name}", "is not a channel of Cention") for name in unknown)
        )
    pairs = dict.fromkeys((label.strip(), value.strip()) for label, value in custom)
    card = ContactCard(
        name=name.strip() or None,
        custom=tuple(CustomField(label=label, value=value) for label, value in pairs if value),
        **{channel: _distinct(contacts.get(channel, ()), channel) for channel in CHANNELS},
    )
    if faults := tuple(_faults(card)):
        raise DocumentError(*faults)
    return card


def warnings_for(card: ContactCard) -> tuple[Fault, ...]:
    """Return warnings for addresses that differ from Cention's description; they may be right.

    Source: Cention Contact Cards, ``Data.attributes.contacts``.
    """
    return tuple(
        Fault(f"/contacts/{channel}/{place}", _FORMATS[channel][1])
        for channel, place, address in card.addresses()
        if not _FORMATS[channel][0].fullmatch(address)
    )


def contacts_in_card(card: ContactCard) -> dict[str, Any]:
    """Return ``data.attributes.contacts`` of a card, without empty members.

    The name is inside ``contacts``, where both of Cention's samples have it, not beside it.
    """
    contacts: dict[str, Any] = {
        channel: list(found) for channel in CHANNELS if (found := getattr(card, channel))
    }
    if card.custom:
        contacts["custom"] = [{"label": one.label, "value": one.value} for one in card.custom]
    return contacts | ({"name": card.name} if card.name else {})


def read_contact_card(document: Mapping[str, Any]) -> StoredCard:
    """Return the card in Cention's answer.

    The name may be inside ``contacts``, as in the samples, or beside it, as in the table; so may
    ``custom``. Raises ``NullResource`` for ``"data": null``, else ``DocumentError``.
    """
    found = read_typed(_ContactCardSchema, open_document(document).primary)
    contacts = found["contacts"]
    name, custom = contacts.pop("name"), contacts.pop("custom")
    card = ContactCard(
        name=name or found["name"],
        custom=custom or found["custom"] or (),
        **{channel: contacts[channel] or () for channel in CHANNELS},
    )
    return StoredCard(card_id=found["id"], card=card)


def card_id_of(document: Mapping[str, Any]) -> int | None:
    """Return the id of the card in an answer, even if the rest is invalid; ``None`` if absent."""
    with suppress(DocumentError, ValidationError):
        resource = open_document(document).primary
        if resource.type == _ContactCardSchema.Meta.type_:
            return required_id(resource.body.get("id"))
    return None


def contacts_in_answer(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the contacts in an answer, unchanged; ``None`` if it has none.

    In the form of ``contacts_in_card``, with unknown channels; or, where they do not have this
    form, the attributes or the whole document.
    """
    try:
        attributes = open_document(document).primary.attributes
    except NullResource:
        return None
    except DocumentError:
        return document
    contacts = attributes.get("contacts")
    if not isinstance(contacts, dict | None):
        return attributes
    beside = {name: attributes[name] for name in ("name", "custom") if name in attributes}
    return (beside | (contacts or {})) or None


def _distinct(addresses: Iterable[str], channel: str) -> tuple[str, ...]:
    """Drop empty and repeated addresses; e-mail addresses are compared without case."""
    kept: dict[str, str] = {}
    for address in filter(None, (one.strip() for one in addresses)):
        kept.setdefault(address.lower() if channel == "email" else address, address)
    return tuple(kept.values())


def _faults(card: ContactCard) -> Iterator[Fault]:
    for channel, place, address in card.addresses():
        yield from _faults_of_text(f"/contacts/{channel}/{place}", address)
    yield from _faults_of_text("/contacts/name", card.name or "")
    for place, one in enumerate(card.custom):
        pointer = f"/contacts/custom/{place}"
        if not one.label:
            yield Fault(f"{pointer}/label", "is empty")
        yield from _faults_of_text(f"{pointer}/label", one.label)
        yield from _faults_of_text(f"{pointer}/value", one.value)
    if not any(True for _ in card.addresses()):
        yield Fault("/contacts", f"needs an address in one of: {', '.join(CHANNELS)}")


def _faults_of_text(pointer: str, value: str) -> Iterator[Fault]:
    if _CONTROL.search(value):
        yield Fault(pointer, "holds a control character")


def _addresses(value: object) -> tuple[str, ...]:
    """Return a list of texts; a single text is accepted too."""
    if isinstance(value, list):
        return tuple(filter(None, map(text, value)))
    single = text(value)
    return (single,) if single else ()


def _custom(found: Mapping[str, Any]) -> CustomField:
    label, value = member(found, "label", text), member(found, "value", text)
    if label is None:
        raise ValidationError({"label": ["must not be empty"]})
    return CustomField(label=label, value=value or "")


class _Contacts(Nested):
    name = Scalar(text)
    email = Scalar(_addresses)
    facebook = Scalar(_addresses)
    vk = Scalar(_addresses)
    line = Scalar(_addresses)
    voice = Scalar(_addresses)
    custom = ListOf(_custom)


class _ContactCardSchema(ResourceSchema):
    id = Scalar(required_id, required=True)
    name = Scalar(text)
    custom = ListOf(_custom)
    contacts = Group(_Contacts)

    class Meta(ResourceSchema.Meta):
        type_ = "c3_contact_cards"
