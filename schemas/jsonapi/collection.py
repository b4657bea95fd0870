"""Reads documents with any number of resources, which may refer to each other in cycles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from schemas.errors import MAX_FAULTS, DocumentError, Fault
from schemas.jsonapi.document import Key, Resource, faults_of_identified, primary_data

MAX_RESOURCES = 100_000  # in `data` and in `included`, each


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The resources of a document, in no significant order."""

    primary: tuple[Resource, ...]
    included: tuple[Resource, ...]
    listed: bool  # ``data`` is a list, or null as an empty one
    faults: tuple[Fault, ...]  # of resources that were left out; at most MAX_FAULTS


def read_collection(document: Mapping[str, Any]) -> Collection:
    """Check the shape of a document and return its resources; malformed ones are left out.

    References are not followed, so cycles are harmless. ``"data": null`` is an empty list, as
    Cention means it. Raises ``DocumentError`` for faults of the document itself.
    """
    data = primary_data(document, max_included=MAX_RESOURCES)
    if not isinstance(data, list | dict | None):
        raise DocumentError(Fault("/data", "must be an object or a list"))
    if isinstance(data, list) and len(data) > MAX_RESOURCES:
        raise DocumentError(Fault("/data", f"holds more than {MAX_RESOURCES} resources"))
    faults: list[Fault] = []
    if isinstance(data, dict):
        primary = _readable({"/data": data}, faults)
    else:
        primary = _readable({f"/data/{n}": one for n, one in enumerate(data or ())}, faults)
    included = {f"/included/{n}": one for n, one in enumerate(document.get("included", ()))}
    return Collection(
        primary=primary,
        included=_readable(included, faults),
        listed=not isinstance(data, dict),
        faults=tuple(faults[:MAX_FAULTS]),
    )


def linkage_of(resource: Resource, name: str) -> tuple[Key, ...] | None:
    """Return the resources in a relationship; ``None`` if it is unknown.

    A relationship without ``data`` (absent, null, links alone) is unknown; null and an empty list
    in ``data`` mean that it is empty.
    """
    relationship = resource.body.get("relationships", {}).get(name)
    if relationship is None or "data" not in relationship:
        return None
    data = relationship["data"]
    identifiers = data if isinstance(data, list) else [data] if data else []
    return tuple(Key(one["type"], str(one["id"])) for one in identifiers)


def _readable(bodies: Mapping[str, Any], faults: list[Fault]) -> tuple[Resource, ...]:
    found = []
    for pointer, body in bodies.items():
        if wrong := tuple(islice(faults_of_identified(body, pointer), MAX_FAULTS)):
            faults += wrong
        else:
            found.append(Resource(pointer=pointer, type=body["type"], body=body))
    return tuple(found)
