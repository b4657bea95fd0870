"""Reads Cention's lists of changed records.

Source: Cention Dirty Errand List and Dirty Facebook Rating List, which have two different shapes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from schemas.errors import DocumentError, Fault
from schemas.jsonapi.document import primary_data
from schemas.jsonapi.scalars import required_id

EMPTY_IDS = (None, "", "0", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedIds:
    """The distinct ids of a list, in the order of the list."""

    ids: tuple[int, ...]
    dropped: int  # elements of the list that are not ids


def read_changed(document: Mapping[str, Any], *, type_: str, attribute: str | None) -> ChangedIds:
    """Read a list of changed records in either shape.

    Either ``data`` is one resource of ``type_`` whose ``attribute`` is a list of ids, or ``data``
    is a list of identifiers of ``type_``. Without ``attribute``, ``data`` may also be a single
    identifier, which may be empty. Null, absent and empty lists are empty.
    Raises ``DocumentError`` for any other document, and for a list without any id, because neither
    means that nothing changed.
    """
    data = primary_data(document)
    if data is None:
        return ChangedIds(ids=(), dropped=0)
    if isinstance(data, list):
        return _ids([_id_of(one, type_, f"/data/{place}") for place, one in enumerate(data)])
    if not isinstance(data, dict):
        raise DocumentError(Fault("/data", "must be an object or a list"))
    _require_type(data, type_, "/data")
    if attribute is None:
        is_empty = data.get("id") in EMPTY_IDS and not data.get("attributes")
        return _ids([] if is_empty else [data.get("id")])
    return _ids(_list_in(data, attribute))


def _list_in(data: Mapping[str, Any], attribute: str) -> list[Any]:
    attributes = data.get("attributes")
    if not isinstance(attributes, dict | None):
        raise DocumentError(Fault("/data/attributes", "must be an object"))
    listed = (attributes or {}).get(attribute)
    if not isinstance(listed, list | None):
        raise DocumentError(Fault(f"/data/attributes/{attribute}", "must be a list"))
    return listed or []


def _id_of(identifier: Any, type_: str, pointer: str) -> Any:
    if not isinstance(identifier, dict):
        return None
    if "type" in identifier:
        _require_type(identifier, type_, pointer)
    return identifier.get("id")


def _require_type(data: Mapping[str, Any], type_: str, pointer: str) -> None:
    if data.get("type") != type_:
        raise DocumentError(Fault(f"{pointer}/type", f"must be {type_}"))


def _ids(listed: list[Any]) -> ChangedIds:
    ids = [read for element in listed if (read := _id(element)) is not None]
    if listed and not ids:
        raise DocumentError(Fault("/data", "lists changed records, but none has an id"))
    return ChangedIds(ids=tuple(dict.fromkeys(ids)), dropped=len(listed) - len(ids))


def _id(element: Any) -> int | None:
    try:
        return required_id(element)
    except ValidationError:
        return None
