"""Orders for exports, and the errands in them.

Source: Cention Export JSONAPI, ``POST c3_trigger_exports``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError

from schemas.jsonapi.document import Resource, open_document, primary_data
from schemas.jsonapi.scalars import optional_id, required_id, small_number, text
from schemas.text.timestamps import from_workspace_time
from schemas.text.unstorable import replace_unstorable

TRIGGER_EXPORTS = "c3_trigger_exports"
EXPORTS = "c3_exports"  # the type of a preset
_MAX_PRESET_CHARACTERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """A request to run a preset export for a range of days.

    Whether errands of ``to_day`` itself are included is not documented ("until this date").
    """

    preset_id: str  # Cention's id of the export
    from_day: date | None  # on the workspace's calendar; None: from the beginning
    to_day: date | None  # None: to the end
    by_closure: bool = False  # days of closing instead of days of arrival

    def __post_init__(self) -> None:
        if not self.preset_id.strip() or len(self.preset_id) > _MAX_PRESET_CHARACTERS:
            raise ValueError("the id of a preset export is a text of 1 to 100 characters")
        if not self.preset_id.isprintable():
            raise ValueError("the id of a preset export holds a control character")
        if self.from_day and self.to_day and self.from_day > self.to_day:
            raise ValueError("the first day of an export is after its last")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedErrand:
    """One errand of an export. Unreadable members are ``None``, and named in ``problem``."""

    errand_id: int | None
    from_address: str | None
    to_address: str | None
    subject: str | None
    question: str | None
    answer: str | None
    errand_notes: str | None
    timestamp_arrived: str | None  # unchanged; the notation is not documented
    timestamp_opened: str | None
    timestamp_answered: str | None
    timestamp_closed: str | None
    arrived_at: datetime | None  # the same as an aware datetime, if readable
    opened_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    agent_id: int | None
    agent_name: str | None
    area_id: int | None
    area_name: str | None
    area_external_id: str | None
    tag_names: str | None  # one text; the separator is not documented
    client_id: int | None
    priority: str | None
    channel: str | None
    satisfaction_1: int | None
    satisfaction_2: int | None
    satisfaction_3: int | None
    satisfaction_4: int | None
    satisfaction_5: int | None
    document: Any = field(repr=False)  # unchanged, if it has unknown members or faults
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export of Cention."""

    export_id: int | None  # of the generated content at Cention
    errands: tuple[ExportedErrand, ...]


def attributes_of(order: ExportOrder) -> dict[str, Any]:
    """Return ``data.attributes`` of an order; dates are written ``2019/01/01``."""
    attributes: dict[str, Any] = {"use_closure_date": order.by_closure}
    if order.from_day:
        attributes["errand_from_date"] = _day(order.from_day)
    if order.to_day:
        attributes["errand_to_date"] = _day(order.to_day)
    return attributes


def relationships_of(order: ExportOrder) -> dict[str, Any]:
    """Return ``data.relationships``: the preset, as one object.

    Cention's table calls it an array, its sample sends an object. We send the object: where the
    framework expects one, it ignores a list, and the export would have no preset.
    """
    return {"export": {"data": {"type": EXPORTS, "id": order.preset_id}}}


def read_export(document: Mapping[str, Any], *, zone: ZoneInfo) -> Export:
    """Return the export in ``document``.

    ``data`` and ``content`` may each be a list, one object or null, and ``content`` absent. Of
    several resources, all rows and the first id count. A row with faults is an ``ExportedErrand``
    with a ``problem``, so that it is stored. ``zone`` applies to times without an offset.
    Raises ``DocumentError`` if the document is not an export.
    """
    resources = _resources(document)
    rows = [row for resource in resources for row in _content(resource)]
    ids = (one.body.get("id", one.attributes.get("c3_id")) for one in resources)
    return Export(
        export_id=next(
            (found for value in ids if (found := _read(value, optional_id, "id", []))), None
        ),
        errands=tuple(_errand(replace_unstorable(row), zone) for row in rows),
    )


def _resources(document: Mapping[str, Any]) -> list[Resource]:
    data = primary_data(document)
    if data is None:
        return []
    if isinstance(data, list):
        return [open_document({"data": one}).primary for one in data if one is not None]
    return [open_document(document).primary]


def _content(resource: Resource) -> list[Any]:
    if resource.type != TRIGGER_EXPORTS:
        raise resource.error_at("type", f"must be {TRIGGER_EXPORTS}")
    content = resource.attributes.get("content")
    if isinstance(content, dict):
        return [content]
    if not isinstance(content, list | None):
        raise resource.error_at("attributes/content", "must be a list or an object")
    return content or []


def _day(day: date) -> str:
    return day.isoformat().replace("-", "/")


def _errand(row: Any, zone: ZoneInfo) -> ExportedErrand:
    members = row if isinstance(row, dict) else {}
    faults = [] if members is row else ["must be an object"]
    read: dict[str, Any] = {
        name: _read(members.get(key), read_scalar, key, faults)
        for name, (key, read_scalar) in _MEMBERS.items()
    }
    times: dict[str, Any] = {
        name: _read(read[source], partial(_time, zone=zone), source, faults)
        for name, source in _TIMES.items()
    }
    has_unknown = not members.keys() <= _KEYS
    return ExportedErrand(
        **read,
        **times,
        document=row if faults or has_unknown else None,
        problem="; ".join(faults) or None,
    )


def _time(value: str | None, *, zone: ZoneInfo) -> datetime | None:
    try:
        return from_workspace_time(value, zone)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def _read(value: Any, read: Callable[[object], Any], key: str, faults: list[str]) -> Any:
    try:
        return read(value)
    except ValidationError as error:
        faults.append(f"{key} {'; '.join(map(str, error.messages))}")
        return None


# Our name; Cention's name and how to read the member.
_MEMBERS: Mapping[str, tuple[str, Callable[[object], Any]]] = MappingProxyType(
    {
        "errand_id": ("errand_id", required_id),  # a text in the table, a number in the sample
        **{
            name: (name, text)
            for name in (
                *("from_address", "to_address", "subject", "question", "answer", "errand_notes"),
                *("timestamp_arrived", "timestamp_opened"),
                *("timestamp_answered", "timestamp_closed"),
                *("agent_name", "area_name", "area_external_id", "tag_names"),
                *("priority", "channel"),
            )
        },
        **{name: (name, optional_id) for name in ("agent_id", "area_id", "client_id")},
        **{
            f"satisfaction_{level}": (f"satisfaction_meter_answer_{level}", small_number)
            for level in range(1, 6)
        },
    }
)
_KEYS = frozenset(key for key, _ in _MEMBERS.values())
_TIMES: Mapping[str, str] = MappingProxyType(
    {f"{what}_at": f"timestamp_{what}" for what in ("arrived", "opened", "answered", "closed")}
)
